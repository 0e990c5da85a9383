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
          el("td", {}, el("button", { type: "button", class: "link", text: data.blocks.id[b], title: W.blockName(b) })),
          el("td", {}, W.swatch(W.grade(f, b), !!W.value(f, "provisional", b))),
          el("td", { text: W.number(W.value(f, "clutter", b)) }),
          el("td", { text: W.number(W.value(f, "green_pct", b)) }),
          el("td", { text: W.number(W.value(f, "hotspots", b), 0) }),
          el("td", { text: W.percent(W.value(f, "confidence", b)) }),
        ),
      );
    return [
      el("p", { class: "quiet", text: t("shown_of", { n: blocks.length, all: W.every.length }) }),
      el(
        "div",
        { class: "scroll" },
        el("table", {}, el("thead", {}, el("tr", {}, COLUMNS.map(heading))), el("tbody", {}, rows)),
      ),
    ];
  };

  /* ---- changes between two flights ---- */
  const AIMS = {
    out_of_red: (a, z) => a === 1 && z > 1,
    out_of_orange: (a, z) => a === 2 && z > 2,
    reach_yellow: (a, z) => a < 3 && z >= 3,
    keep_blue: (a, z) => a >= 4 && z >= 4,
    strive_green: (a, z) => a < 5 && z === 5,
  };
  const pair = (f, other, b) => [W.grade(other, b), W.grade(f, b)];
  const changes = () => {
    const f = state.flight,
      other = state.compare >= 0 ? state.compare : f > 0 ? f - 1 : -1;
    if (other < 0) return [el("p", { class: "note", text: t("change_none") })];
    const title = el("h2", { text: t("change_from", { a: data.flights[other].id, b: data.flights[f].id }) });
    if (!W.comparable(f, other)) return [title, el("p", { class: "note", text: t("not_comparable") })];
    const known = W.every.filter((b) => W.change(f, other, b) !== null);
    const aims = data.transitions.map((aim) =>
      el(
        "li",
        {},
        el("span", { text: W.label(aim) }),
        el("b", { text: String(known.filter((b) => AIMS[aim.id](...pair(f, other, b).map((g) => g.number))).length) }),
      ),
    );
    const better = known.filter((b) => W.change(f, other, b) > 0),
      worse = known.filter((b) => W.change(f, other, b) < 0);
    aims.push(
      el("li", { class: "bad" }, el("span", { text: t("fell_back") }), el("b", { text: String(worse.length) })),
    );
    const rows = (blocks) =>
      el(
        "ul",
        { class: "rows" },
        blocks.map((b) => {
          const [a, z] = pair(f, other, b),
            id = data.blocks.id[b],
            name = W.blockName(b);
          return el(
            "li",
            {},
            el(
              "button",
              { type: "button", class: "row", onclick: () => open(b) },
              el("span", { class: "move" }, W.swatch(a), "→", W.swatch(z)),
              el("span", { class: "row-name" }, el("b", { text: id }), name !== id && el("span", { text: " " + name })),
            ),
          );
        }),
      );
    return [
      title,
      el("ul", { class: "aims" }, aims),
      el("p", { class: "note", text: t("change_note") }),
      worse.length ? section(t("worse") + " " + worse.length, rows(worse)) : null,
      better.length ? section(t("better") + " " + better.length, rows(better)) : null,
    ];
  };

  return { list, changes, sorted, open };
})();
