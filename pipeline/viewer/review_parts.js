"use strict";
/* parts: elements, and a picture with the spot's outline over it. */
const P = (function () {
  /* ---- elements ---- */
  const SVG = "http://www.w3.org/2000/svg";
  const fill = (node, props, children) => {
    Object.keys(props || {}).forEach((key) => {
      const v = props[key];
      if (v === null || v === undefined || v === false) return;
      if (key === "text") node.textContent = v;
      else if (key.slice(0, 2) === "on") node.addEventListener(key.slice(2), v);
      else if (key === "value") node.value = v;
      else node.setAttribute(key, v === true ? "" : v);
    });
    children.flat(Infinity).forEach((child) => child && node.appendChild(child));
    return node;
  };
  const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);
  const svg = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);
  const button = (words, onclick, props, ...inside) =>
    el("button", Object.assign({ type: "button", onclick }, props), el("span", { text: words }), ...inside);
  const key = (name) => el("kbd", { text: name, "aria-hidden": "true" });

  /* ---- pictures ---- */
  const outline = (rings, side) =>
    svg(
      "svg",
      { class: "outline", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      rings.map((ring) => {
        const points = ring.map((p) => p.join(",")).join(" ");
        return ["halo", "line"].map((kind) => svg("polygon", { class: kind, points, "vector-effect": "non-scaling-stroke" }));
      }),
      svg("title", { text: A.t("metres", { n: side }) }),
    );
  const figure = (name, heading, source, { rings, side, outlined }) =>
    el(
      "figure",
      { class: "shot " + name, "data-tab": name.split(" ")[0] },
      el(
        "div",
        { class: "frame" },
        el("img", { src: source, alt: heading, draggable: "false" }),
        outlined ? outline(rings, side) : null,
        el("i", { class: "ruler", "aria-hidden": "true" }, el("b", { text: A.t("metres", { n: side / 4 }) })),
      ),
      el("figcaption", { text: heading }),
    );

  return { el, svg, fill, button, key, figure };
})();
