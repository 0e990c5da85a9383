"use strict";
/* parts: buttons with their keys, and pictures with the spot's outline over them. */
const P = (function () {
  const { data, spots, t } = A;
  const { el, svg } = C;
  const date = (iso) => (iso ? iso.slice(0, 10) : "");
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
      svg("title", { text: t("metres", { n: side }) }),
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
        el("i", { class: "ruler", "aria-hidden": "true" }, el("b", { text: t("metres", { n: side / 4 }) })),
      ),
      el("figcaption", { text: heading }),
    );

  /* A spot's pictures of this flight and the one before; on a phone one at a time, chosen by tabs. */
  const pictures = (i, { tab, outline: outlined }, choose) => {
    const here = spots[i],
      shots = A.json("spot-" + i),
      now = t("now") + " " + date(data.flight.acquired),
      then = data.before ? t("before") + " " + date(data.before.acquired) : "";
    const near = { rings: here.close, side: data.close_m, outlined },
      far = { rings: here.wide, side: data.wide_m, outlined };
    const found = [
      figure("now", now, shots.now, near),
      shots.before ? figure("before", then, shots.before, near) : null,
      figure("wide", t("wide") + " " + date(data.flight.acquired), shots.wide, far),
      shots.before_wide ? figure("past-wide", t("wide") + " " + date(data.before.acquired), shots.before_wide, far) : null,
    ].filter(Boolean);
    const words = { now: t("tab_now"), before: t("tab_before"), wide: t("tab_wide"), "past-wide": t("tab_past_wide") };
    const tabs = found.map((f) => {
      const one = f.getAttribute("data-tab");
      if (one === tab) f.classList.add("chosen");
      return button(words[one], () => choose(one), { "aria-pressed": String(one === tab) });
    });
    const lonely = data.before && !shots.before ? el("p", { class: "quiet lonely", text: t("no_before") }) : null;
    const props = { class: "pictures" + (shots.before ? " pair" : ""), "aria-label": t("now") };
    return el("section", props, found, el("div", { class: "tabs", role: "group" }, tabs), lonely);
  };

  return { button, key, date, pictures };
})();
