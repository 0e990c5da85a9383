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

  const legend = (f, shown) => {
    const n = W.data.grades.map(() => 0);
    let provisional = 0;
    W.every.forEach((b) => {
      if (shown && !shown(b)) return;
      n[W.gradeIndex(f, b)] += 1;
      provisional += W.value(f, "provisional", b) ? 1 : 0;
    });
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

  return { head, legend, key, dash, worst };
})();
