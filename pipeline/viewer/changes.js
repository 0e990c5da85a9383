/* changes: what the comparison of two flights says of each block, the five aims with their counts, and who moved where. */
W.changes = (function () {
  const { data, state, el, t } = W;
  const section = (title, ...body) => el("section", {}, el("h3", { text: title }), ...body);
  const pair = (f, other, b) => [W.grade(other, b), W.held(f, other, b)];

  const tile = (id, words, blocks, bad) =>
    el(
      "li",
      { class: bad ? "bad" : null },
      el(
        "button",
        {
          type: "button",
          "data-aim": id,
          "aria-pressed": String(state.filter === id),
          onclick: () => W.set({ filter: state.filter === id ? "all" : id }),
        },
        el("span", { text: words }),
        el("b", { text: String(blocks.length) }),
      ),
    );
  const aims = (f, other, known) =>
    el(
      "ul",
      { class: "aims" },
      data.transitions.map((aim) =>
        tile(
          aim.id,
          W.label(aim),
          known.filter((b) => W.aims[aim.id](...pair(f, other, b).map((g) => g.number))),
        ),
      ),
      tile(
        "worse",
        t("fell_back"),
        known.filter((b) => W.change(f, other, b) < 0),
        true,
      ),
    );

  /* From each colour (rows) to each colour (columns): how many blocks, also where that is no change as yet. */
  const matrix = (f, other, known) => {
    const graded = data.grades.filter((g) => g.number);
    const count = (a, z) =>
      known.filter((b) => W.grade(other, b).number === a.number && W.grade(f, b).number === z.number).length;
    const cell = (a, z) => {
      const n = count(a, z),
        kind = z.number > a.number ? "up" : z.number < a.number ? "down" : "stay";
      return el("td", { class: n ? kind : "none", text: n ? String(n) : "·" });
    };
    const sign = (g) => [W.swatch(g), el("span", { class: "unseen", text: W.gradeWords(g) })];
    return el(
      "table",
      { class: "matrix" },
      el("caption", { text: t("matrix", { a: data.flights[other].id, b: data.flights[f].id }) }),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("td", {}),
          graded.map((g) => el("th", { scope: "col" }, sign(g))),
        ),
      ),
      el(
        "tbody",
        {},
        graded.map((a) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, sign(a)),
            graded.map((z) => cell(a, z)),
          ),
        ),
      ),
    );
  };

  const row = (f, other, b) => {
    const a = W.grade(other, b),
      z = W.grade(f, b),
      told = W.compared(f, other),
      id = data.blocks.id[b],
      name = W.blockName(b);
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "row", "data-row": b, onclick: () => W.lists.open(b) },
        el("span", { class: "move" }, W.swatch(a), el("i", { "aria-hidden": "true", text: "→" }), W.swatch(z)),
        el("span", { class: "row-name" }, el("b", { text: id }), name !== id && el("span", { text: " " + name })),
        el("span", { class: "row-figure", text: W.number(W.value(f, "clutter", b), 0) }),
        el("span", { class: "row-why" }, told ? W.pairs.standing(told, b) : null, told ? W.pairs.why(told, b) : W.why(f, b)),
      ),
    );
  };
  const LONGEST = 300;
  const rows = (f, other, blocks) => [
    el(
      "ul",
      { class: "rows" },
      blocks.slice(0, LONGEST).map((b) => row(f, other, b)),
    ),
    blocks.length > LONGEST ? el("p", { class: "quiet", text: t("first_of", { n: LONGEST }) }) : null,
  ];

  const listing = (words, f, other, blocks) => {
    if (!blocks.length) return null;
    const head = el("p", { class: "rows-head", text: W.label(W.indicator("clutter")) });
    return section(words + " " + blocks.length, head, rows(f, other, blocks));
  };

  const draw = () => {
    const f = state.flight,
      other = W.other();
    if (other < 0) return [el("p", { class: "note", text: t("change_none") })];
    const title = el("h2", { text: t("change_from", { a: data.flights[other].id, b: data.flights[f].id }) });
    const told = W.compared(f, other);
    if (!told && !W.comparable(f, other)) return [title, el("p", { class: "note apart", text: t("not_comparable") })];
    const known = W.every.filter((b) => W.change(f, other, b) !== null),
      unknown = W.every.filter((b) => W.change(f, other, b) === null);
    const listed = known.filter((b) => W.shown(b));
    const worse = listed.filter((b) => W.change(f, other, b) < 0),
      better = listed.filter((b) => W.change(f, other, b) > 0);
    const same = state.filter === "all" ? [] : listed.filter((b) => W.change(f, other, b) === 0);
    const differing = known.filter(
      (b) => W.change(f, other, b) === 0 && W.grade(f, b).number !== W.grade(other, b).number,
    );
    const doubtful = state.filter === "all" ? differing.filter(W.shown) : [];
    return [
      title,
      told ? W.pairs.conditions(told) : null,
      aims(f, other, known),
      el("p", { class: "quiet", text: t("aims_hint") }),
      el("p", { class: "note", text: t("change_note") }),
      listing(t("worse"), f, other, worse),
      listing(t("better"), f, other, better),
      listing(t("doubtful"), f, other, doubtful),
      listing(t("same"), f, other, same),
      section(
        t("matrix_title"),
        matrix(f, other, known),
        differing.length ? el("p", { class: "quiet", text: t("matrix_doubtful", { n: differing.length }) }) : null,
      ),
      unknown.length ? el("p", { class: "quiet", text: t("apart_n", { n: unknown.length }) }) : null,
      unknown.length && told ? rows(f, other, unknown.filter(W.shown)) : null,
    ];
  };

  return { draw };
})();
