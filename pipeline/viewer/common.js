/* common: reading data, words in two languages, elements; for every page. Text from data reaches a page only through
   textContent. */
const C = (function () {
  const json = (id) => {
    const node = document.getElementById(id);
    if (!node) return null;
    const size = Number(node.getAttribute("data-size"));
    return JSON.parse(size ? unpack(node.textContent, size) : node.textContent);
  };

  /* ---- words: `text` holds pairs of Chinese and English, `lang` tells which is wanted now ---- */
  const speaker = (text, lang) => {
    const pick = (zh, en) => (lang() === "en" ? en || zh : zh || en);
    const t = (key, values) => {
      const pair = text[key];
      const words = pair ? pick(pair[0], pair[1]) : key;
      return words.replace(/\{(\w+)\}/g, (all, name) => (values && name in values ? String(values[name]) : all));
    };
    const label = (named) => pick(named.zh, named.en);
    return { pick, t, label };
  };

  /* ---- elements ---- */
  const SVG = "http://www.w3.org/2000/svg";
  const fill = (node, props, children) => {
    Object.keys(props || {}).forEach((key) => {
      const v = props[key];
      if (v === null || v === undefined || v === false) return;
      if (key === "text") node.textContent = v;
      else if (key === "style") Object.keys(v).forEach((s) => node.style.setProperty(s, v[s]));
      else if (key.slice(0, 2) === "on") node.addEventListener(key.slice(2), v);
      else if (key === "value" || key === "checked") node[key] = v;
      else node.setAttribute(key, v === true ? "" : v);
    });
    (children || []).flat(Infinity).forEach((child) => {
      if (child === null || child === undefined || child === false) return;
      node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
    });
    return node;
  };
  const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);
  const svg = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);
  const empty = (node) => {
    while (node.firstChild) node.removeChild(node.firstChild);
    return node;
  };

  /* Draws a part of the page anew. A focus that was within it returns to the same thing, or to what `choose` prefers. */
  const NAMES = ["id", "data-sort", "data-grade", "data-aim", "data-row"];
  const redraw = (part, draw, choose = (again) => again) => {
    const node = document.activeElement,
      within = part.contains(node);
    const name = within && NAMES.find((n) => node.hasAttribute(n)),
      value = name && node.getAttribute(name);
    draw();
    if (!within) return;
    const again = name && [...part.querySelectorAll("[" + name + "]")].find((n) => n.getAttribute(name) === value);
    const next = choose(again);
    if (next) next.focus({ preventScroll: true });
  };

  return { json, speaker, fill, el, svg, empty, redraw };
})();
