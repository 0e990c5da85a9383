/* report: one flight on paper: in short, the map, every block with its reasons, the first spots, method and limits. */
(function () {
  const { data, state, el, t, button } = W;
  const f = state.flight;
  const facts = data.flights[f];
  const section = (title, ...body) => [el("h2", { text: title }), ...body];

  const summary = () => {
    const n = W.counts(f);
    const words = data.grades
      .map((g, i) => (n[i] ? W.gradeWords(g) + " " + n[i] : ""))
      .filter(Boolean)
      .join(W.pick("，", ", "));
    const card = (name, value) => el("div", {}, el("span", { text: name }), el("b", { text: value }));
    const provisional = W.flight(f).provisional.reduce((a, b) => a + b, 0);
    return section(
      t("in_short"),
      el("p", { class: "lead", text: t("blocks_n", { n: W.every.length }) + W.pick("：", ": ") + words }),
      W.charts.countBar(n),
      el(
        "div",
        { class: "figures" },
        card(t("mean_clutter"), W.number(W.mean(f, "clutter"))),
        card(t("mean_green"), W.number(W.mean(f, "green_pct")) + "%"),
        card(t("hotspots"), String(W.total(f, "hotspots"))),
        card(t("provisional"), provisional + " / " + W.every.length),
      ),
    );
  };

  const first = () =>
    W.spots(f).id.map((_, h) => h)
      .filter((h) => W.chips(f)[h])
      .slice(0, 15);

  const picture = () =>
    el(
      "div",
      { class: "map-block" },
      el("h2", { text: t("sheet_map") }),
      W.figure.draw(f, { width: 1000, height: 660, spots: first(), image: pictures.map }),
      W.sheet.legend(f, first().length),
    );

  const row = (b) => {
    const g = W.grade(f, b),
      id = data.blocks.id[b],
      name = W.blockName(b),
      provisional = !!W.value(f, "provisional", b);
    return el(
      "tr",
      {},
      el("td", {}, el("b", { text: id }), name !== id && el("small", { text: name })),
      el(
        "td",
        { class: "nowrap" },
        W.swatch(g, provisional),
        W.label(g),
        provisional && el("small", { text: t("provisional_short") }),
      ),
      el("td", { class: "n", text: W.number(W.value(f, "clutter", b)) }),
      el("td", { class: "n", text: W.number(W.value(f, "green_pct", b)) }),
      el("td", { class: "n", text: W.percent(W.value(f, "confidence", b)) }),
      el("td", { text: W.sentences(W.text(f, W.pick("reasons_zh", "reasons_en"), b)).join(W.pick("；", "; ")) }),
    );
  };
  const table = () =>
    section(
      t("all_blocks"),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              el("th", { text: t("block") }),
              el("th", { text: t("grade") }),
              el("th", { class: "n", text: W.label(W.indicator("clutter")) }),
              el("th", { class: "n", text: W.label(W.indicator("green_pct")) + " %" }),
              el("th", { class: "n", text: t("confidence") }),
              el("th", { text: t("reasons") }),
            ),
          ),
          el("tbody", {}, W.worst(f).map(row)),
        ),
      ),
    );

  /* What changed since the flight before: the counts, then each block whose colour is proposed to change, in pictures. */
  const since = () => {
    const told = W.json("compare-last");
    if (!told) return [];
    const moved = W.worst(f).filter((b) => told.step[b]),
      ends = (b) => [data.grades[told.was[b]], data.grades[told.now[b]]];
    const met = (aim) =>
      W.every.filter((b) => {
        const [a, z] = ends(b);
        return told.step[b] !== null && a && W.aims[aim.id](a.number, told.step[b] ? z.number : a.number);
      }).length;
    const card = (name, value) => el("div", {}, el("span", { text: name }), el("b", { text: String(value) }));
    const item = (b) =>
      el(
        "li",
        {},
        el(
          "p",
          {},
          el("span", { class: "move" }, W.swatch(ends(b)[0]), el("i", { text: "→" }), W.swatch(ends(b)[1])),
          el("b", { text: data.blocks.id[b] }),
          W.blockName(b) !== data.blocks.id[b] && el("span", { text: W.blockName(b) }),
          W.pairs.standing(told, b),
        ),
        el("small", { text: W.pairs.why(told, b) }),
        W.pairs.pictures(told, pairs[b], b, facts.acquired),
      );
    return section(
      t("since_last") + W.pick("（", " (") + told.before.id + W.pick("）", ")"),
      W.pairs.conditions(told),
      el(
        "div",
        { class: "figures" },
        card(t("closed"), told.closed),
        data.transitions.map((aim) => card(W.label(aim), met(aim))),
        card(t("fell_back"), moved.filter((b) => told.step[b] < 0).length),
      ),
      el("p", { class: "quiet", text: t("change_note") }),
      moved.length ? el("ul", { class: "moved" }, moved.map(item)) : el("p", { text: t("no_change") }),
    );
  };

  /* Where blocks are heading, with three flights or more: those whose figures move by more than their error. */
  const heading = () => {
    const known = W.json("trends") || {};
    const kinds = data.indicators.filter((i) => (known[i.id] || []).some(Boolean));
    if (!kinds.length) return [];
    const moves = (b) => kinds.filter((i) => known[i.id][b] && known[i.id][b][2]).length;
    const line = (i, b) => {
      const found = known[i.id][b];
      return el("td", { class: found && found[2] ? "n" : "n quiet", text: found ? W.pairs.way(found) + " " + W.pairs.rate(found) : "—" });
    };
    const listed = W.worst(f).filter(moves);
    const head = (i) => el("th", { class: "n", text: W.label(i) + W.pick("（", " (") + t("a_year") + W.pick("）", ")") });
    const rows = listed.map((b) =>
      el(
        "tr",
        {},
        el("td", {}, el("b", { text: data.blocks.id[b] }), " ", W.blockName(b) !== data.blocks.id[b] && W.blockName(b)),
        kinds.map((i) => line(i, b)),
      ),
    );
    return section(
      t("heading"),
      el("p", { class: "quiet", text: t("heading_note") }),
      listed.length
        ? el(
            "table",
            { class: "heading" },
            el("thead", {}, el("tr", {}, el("th", { text: t("block") }), kinds.map(head))),
            el("tbody", {}, rows),
          )
        : el("p", { text: t("heading_none") }),
    );
  };

  const spots = () => {
    const all = W.spots(f);
    return section(
      t("first_hotspots"),
      el("p", { class: "quiet", text: t("hotspots_note") }),
      first().length
        ? el(
            "ul",
            { class: "spots" },
            first().map((h) =>
              el(
                "li",
                {},
                el("img", { src: pictures[h] || W.chips(f)[h], alt: W.label(data.kinds[all.kind[h]]) }),
                el("b", { text: all.rank[h] + " · " + (all.block[h] >= 0 ? data.blocks.id[all.block[h]] : "") }),
                el("div", { text: W.label(data.kinds[all.kind[h]]) + " · " + W.number(all.area_m2[h], 1) + " m²" }),
              ),
            ),
          )
        : el("p", { text: t("no_hotspots") }),
    );
  };

  const notes = () => {
    const q = facts.quality,
      rows = W.qualityRows(q);
    const partly = q.partly.map((c) => c[0] + " " + c[1] + "%").join(W.pick("，", ", "));
    return [
      ...section(
        t("method"),
        el(
          "ul",
          { class: "limits" },
          ["penalty", "texture", "size", "facts", "unknown"].map((k) => el("li", { text: t("limit_" + k) })),
        ),
      ),
      ...section(
        t("quality"),
        el(
          "dl",
          { class: "pairs" },
          rows.map((r) => [el("dt", { text: t(r[0]) }), el("dd", { text: r[1] })]),
        ),
        partly && el("p", { text: t("coverage") + W.pick("：", ": ") + partly }),
        el(
          "ul",
          { class: "limits" },
          q.notices.map((n) => el("li", { text: W.pick(n[0], n[1]) })),
        ),
      ),
    ];
  };

  const draw = () => {
    document.documentElement.lang = state.lang === "en" ? "en" : "zh-CN";
    document.title = W.community() + " · " + t("report");
    const other =
      state.lang === "zh" ? [data.community.en, data.text.report[1]] : [data.community.zh, data.text.report[0]];
    const report = W.empty(document.getElementById("report"));
    [
      el(
        "div",
        { class: "turn" },
        button(t("other_language"), () => W.set({ lang: state.lang === "zh" ? "en" : "zh" }), {
          id: "lang",
          title: t("other_language_long"),
        }),
        button(t("print"), () => window.print()),
      ),
      el(
        "div",
        { class: "first-page" },
        W.sheet.head(f, t("report")),
        el("p", { class: "subtitle", text: other.filter(Boolean).join(" · ") }),
        ...summary(),
        picture(),
      ),
      ...since(),
      ...heading(),
      ...W.casework.report(),
      ...table(),
      ...spots(),
      ...notes(),
    ].forEach((node) => node && report.appendChild(node));
  };
  /* Pictures are turned to JPEG before the page is drawn, so that its PDF stays small. */
  const pictures = {};
  const turned = (uri, keep) =>
    new Promise((done) => {
      const image = new Image();
      image.onload = () => {
        keep(W.jpeg(image));
        done();
      };
      image.onerror = done;
      image.src = uri;
    });
  W.on(draw);
  const pairs = W.json("pairs-last") || {};
  const turnedPair = (b) =>
    Promise.all(pairs[b].map((uri, i) => turned(uri, (own) => (pairs[b][i] = own))));
  const waits = [turned(W.image(f), (own) => (pictures.map = own))]
    .concat(first().map((h) => turned(W.chips(f)[h], (own) => (pictures[h] = own))))
    .concat(Object.keys(pairs).map(turnedPair));
  Promise.all(waits).then(() => {
    draw();
    document.documentElement.setAttribute("data-ready", "1");
  });
})();
