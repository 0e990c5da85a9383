/* sheet: the printed page's head, map and legend; used by the map's print and by the report. */
W.sheet = (function () {
  const { el, t } = W;

  const head = (f, title) => {
    const facts = W.data.flights[f];
    return el(
      "header",
      { class: "sheet-head" },
      el(
        "div",
        { class: "mark", "aria-hidden": "true" },
        W.data.grades
          .filter((g) => g.number)
          .map((g) => {
            const bar = el("i");
            bar.style.background = g.colour;
            return bar;
          }),
      ),
      el("h1", { text: W.community() + " · " + title }),
      el("p", {
        class: "sheet-facts",
        text: [t("flight") + " " + facts.id, t("date") + " " + W.date(f), t("rubric") + " " + facts.rubric].join("　"),
      }),
    );
  };

  /* The colours and the kind of block that are shown, in words; empty where all are. */
  const filtered = () => {
    const { only, filter, flight } = W.state,
      n = W.counts(flight),
      used = W.data.grades.map((_, i) => i).filter((i) => W.data.grades[i].number || n[i]),
      aim = W.data.transitions.find((a) => a.id === filter);
    return [
      used.every((i) => only[i]) ? "" : used.filter((i) => only[i]).map((i) => W.label(W.data.grades[i])).join(W.pick("、", ", ")),
      filter === "all" ? "" : aim ? W.label(aim) : t("f_" + filter),
    ].filter(Boolean);
  };
  /* What a reader of the paper can't see: that blocks are left out, and a flight; and which block is marked. */
  const shows = () => {
    const { flight, compare, block } = W.state,
      kinds = filtered();
    const id = (f) => W.data.flights[f].id;
    const told = [
      kinds.length && t("sheet_only", { kinds: kinds.join(" + "), n: W.every.filter(W.shown).length, all: W.every.length }),
      compare >= 0 && t("sheet_flight", { a: id(flight), b: id(compare) }),
      block >= 0 && t("sheet_chosen", { id: W.data.blocks.id[block] }),
    ].filter(Boolean);
    return told.length ? el("div", { class: "sheet-shows" }, told.map((text) => el("p", { text }))) : null;
  };

  /* Counts of the whole flight; of its spots the first `dots` are on the map. */
  const legend = (f, dots) => {
    const n = W.counts(f),
      provisional = W.total(f, "provisional");
    const rows = W.data.grades.map((g, i) =>
      g.number || n[i]
        ? el(
            "li",
            {},
            key(g),
            el("b", { text: W.label(g) }),
            el("span", { text: W.pick(g.meaning_zh, g.meaning_en) }),
            el("em", { text: String(n[i]) }),
          )
        : null,
    );
    return el(
      "div",
      { class: "sheet-legend" },
      el("ul", {}, rows),
      provisional
        ? el("p", { class: "sheet-dash" }, dash(), t("provisional_meaning") + W.pick("（", " (") + provisional + W.pick("）", ")"))
        : null,
      dots ? el("p", {}, dot(), spotsOf(f, dots)) : null,
      el("p", { text: t("north_note") }),
    );
  };

  const dash = () =>
    W.svg(
      "svg",
      { viewBox: "0 0 34 8", class: "dash-key", "aria-hidden": "true" },
      W.svg("rect", { width: 34, height: 8, class: "dark" }),
      W.svg("path", { d: "M0 4H34", class: "white-dash" }),
    );

  const dot = () =>
    W.svg(
      "svg",
      { viewBox: "0 0 34 12", class: "dot-key", "aria-hidden": "true" },
      W.svg("circle", { cx: 17, cy: 6, r: 4.5, class: "figure-spot" }),
    );
  const spotsOf = (f, most) => {
    const all = W.total(f, "hotspots");
    return t("spots_of", { n: Math.min(most, all), all });
  };

  /* The worst blocks with their reasons, as many as a column holds. */
  const worst = (f, shown) => {
    const first = W.worst(f)
      .filter((b) => shown(b) && W.grade(f, b).number)
      .slice(0, W.figure.LISTED);
    const name = (b) => (W.blockName(b) === W.data.blocks.id[b] ? "" : " " + W.blockName(b));
    return el(
      "div",
      { class: "sheet-worst" },
      el("h2", { text: t("worst_first") }),
      el(
        "ol",
        {},
        first.map((b) =>
          el(
            "li",
            {},
            W.swatch(W.grade(f, b), !!W.value(f, "provisional", b)),
            el("p", {}, el("b", { text: W.data.blocks.id[b] }), el("span", { text: name(b) })),
            el("small", { text: W.why(f, b, W.state.lang === "zh" ? 44 : 84) }),
          ),
        ),
      ),
    );
  };

  /* A swatch as the map draws it: pattern, outline and number. Each has patterns of its own: on paper those of the
     page's legend are hidden, and a hidden pattern paints nothing. */
  let keys = 0;
  const key = (g) => {
    const { svg } = W,
      own = "key-" + (keys += 1) + "-";
    const box = svg("svg", { viewBox: "0 0 34 22", class: "key", "aria-hidden": "true" });
    box.appendChild(W.figure.patterns(own));
    box.appendChild(
      svg("rect", {
        x: 1.5,
        y: 1.5,
        width: 31,
        height: 19,
        fill: "url(#" + own + g.id + ")",
        stroke: g.colour,
        "stroke-width": 3,
      }),
    );
    const plate = svg("rect", { x: 11, y: 4, width: 12, height: 14, rx: 2, fill: g.colour });
    box.appendChild(plate);
    box.appendChild(svg("text", { x: 17, y: 15, "text-anchor": "middle", fill: g.ink, text: g.number || "–" }));
    return box;
  };

  return { head, filtered, shows, legend, key, dash, dot, spotsOf, worst };
})();
