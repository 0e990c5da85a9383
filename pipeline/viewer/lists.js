/* lists: all blocks in a table that sorts by any column, and what has changed between two flights. */
W.lists = (function () {
  const { data, state, el, t } = W;
  const section = (title, ...body) => el("section", {}, el("h3", { text: title }), ...body);
  const open = (b) => {
    W.set({ block: b });
    W.layers.zoomTo(b);
  };

  /* ---- list: sorted by any column ---- */
  const COLUMNS = [
    ["id", (f, b) => data.blocks.id[b], () => t("block")],
    ["grade", (f, b) => W.grade(f, b).number || 9, () => t("grade")],
    ["clutter", (f, b) => W.value(f, "clutter", b), () => W.label(W.indicator("clutter"))],
    ["green_pct", (f, b) => W.value(f, "green_pct", b), () => W.label(W.indicator("green_pct"))],
    ["hotspots", (f, b) => W.value(f, "hotspots", b), () => t("col_hotspots")],
    ["confidence", (f, b) => W.value(f, "confidence", b), () => t("col_confidence")],
  ];
  const sorted = (f) => {
    const column = COLUMNS.find((c) => c[0] === state.sort),
      shown = W.worst(f).filter((b) => W.shown(b));
    if (!column) return shown;
    const sign = state.down ? -1 : 1;
    return shown.sort((a, b) => {
      const x = column[1](f, a),
        y = column[1](f, b);
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return sign * (typeof x === "string" ? W.natural(x, y) : x - y) || a - b;
    });
  };
  const heading = (column) => {
    const on = state.sort === column[0],
      sort = () => W.set(on ? { down: !state.down } : { sort: column[0], down: false });
    const head = el("th", { scope: "col", "aria-sort": on ? (state.down ? "descending" : "ascending") : "none" });
    head.appendChild(
      el(
        "button",
        { type: "button", onclick: sort, "data-sort": column[0] },
        column[2](),
        el("i", { "aria-hidden": "true", text: on ? (state.down ? "▾" : "▴") : "" }),
      ),
    );
    return head;
  };
  const LONGEST = 1000;
  const list = () => {
    const f = state.flight,
      blocks = sorted(f);
    const rows = blocks
      .slice(0, LONGEST)
      .map((b) =>
        el(
          "tr",
          { onclick: () => open(b), class: b === state.block ? "now" : null },
          el(
            "td",
            {},
            el("button", { type: "button", class: "link", "data-row": b, text: data.blocks.id[b] }),
            W.blockName(b) !== data.blocks.id[b] && el("small", { text: W.blockName(b) }),
          ),
          el("td", {}, W.swatch(W.grade(f, b), !!W.value(f, "provisional", b))),
          el("td", { text: W.number(W.value(f, "clutter", b)) }),
          el("td", { text: W.number(W.value(f, "green_pct", b)) }),
          el("td", { text: W.number(W.value(f, "hotspots", b), 0) }),
          el("td", { text: W.percent(W.value(f, "confidence", b)) }),
        ),
      );
    return [
      el("p", {
        class: "quiet",
        text:
          t("shown_of", { n: blocks.length, all: W.every.length }) +
          (blocks.length > LONGEST ? " · " + t("first_of", { n: LONGEST }) : ""),
      }),
      el(
        "div",
        { class: "scroll" },
        el("table", {}, el("thead", {}, el("tr", {}, COLUMNS.map(heading))), el("tbody", {}, rows)),
      ),
    ];
  };

  return { list, sorted, open };
})();
