/* card: everything about one block, in the order in which a planner asks. */
W.card = (function () {
  const { data, state, el, t } = W;

  const head = (f, b) => {
    const g = W.grade(f, b),
      name = W.blockName(b),
      provisional = !!W.value(f, "provisional", b);
    const band = el(
      "div",
      { class: "card-grade" },
      el("span", { class: "card-number", "aria-hidden": "true", text: g.number || "–" }),
      el("div", {}, el("strong", { text: W.gradeWords(g) }), el("span", { text: W.flightOf(f) + W.pick(g.meaning_zh, g.meaning_en) })),
      provisional && el("em", { text: t("provisional") }),
    );
    band.style.background = g.colour;
    band.style.color = g.ink;
    return el(
      "div",
      { class: "card-head" },
      el(
        "h2",
        { id: "card-title" },
        el("span", { class: "card-id", text: data.blocks.id[b] }),
        name !== data.blocks.id[b] && el("span", { class: "card-name", text: name }),
      ),
      band,
      provisional && el("p", { class: "note", text: t("provisional_meaning") }),
    );
  };

  const certainty = (f, b) => {
    const low = data.grades[W.flight(f).grade_lower[b]],
      high = data.grades[W.flight(f).grade_upper[b]];
    const range =
      low && high
        ? el(
            "span",
            { class: "range" },
            W.swatch(low),
            low.id !== high.id && " – ",
            low.id !== high.id && W.swatch(high),
          )
        : "—";
    return [
      el(
        "dl",
        { class: "facts" },
        el("div", {}, el("dt", { text: t("interval") }), el("dd", {}, range)),
        el("div", {}, el("dt", { text: t("confidence") }), el("dd", { text: W.percent(W.value(f, "confidence", b)) })),
        el("div", {}, el("dt", { text: t("area") }), el("dd", { text: W.number(W.value(f, "area_m2", b), 0) + " m²" })),
      ),
      W.charts.chances(f, b),
    ];
  };

  const section = (title, ...body) => el("section", {}, el("h3", { text: title }), ...body);

  const reasons = (f, b) => {
    const list = W.sentences(W.text(f, W.pick("reasons_zh", "reasons_en"), b));
    return list.length
      ? section(
          t("reasons"),
          el(
            "ul",
            { class: "reasons" },
            list.map((r) => el("li", { text: r })),
          ),
        )
      : null;
  };

  /* Each rung's gates with what is known; the mark is a sign, not a colour alone. */
  const SIGNS = { pass: "✓", fail: "✕", unknown: "?" };
  const gates = (f, b) => {
    const found = W.gates(f, b);
    const rows = data.gates
      .filter((g) => g.id in found)
      .map((g) => {
        const entry = found[g.id],
          verdict = typeof entry === "string" ? entry : entry.verdict;
        const words = data.verdicts.find((v) => v.id === verdict);
        const why = typeof entry === "string" ? "" : W.pick(entry.reason_zh, entry.reason_en) || "";
        return el(
          "li",
          { class: "gate " + (words ? words.id : "unknown") },
          el("i", { "aria-hidden": "true", text: SIGNS[verdict] || "?" }),
          el("b", { text: W.label(g) }),
          el("span", { class: "gate-word", text: words ? W.label(words) : "" }),
          why && el("span", { class: "gate-why", text: why }),
        );
      });
    return rows.length ? section(t("gates"), el("ul", { class: "gates" }, rows)) : null;
  };

  const needs = (f, b) => {
    const list = W.sentences(W.text(f, W.pick("needs_zh", "needs_en"), b));
    return list.length
      ? section(
          t("needs"),
          el(
            "ul",
            { class: "needs" },
            list.map((r) => el("li", { text: r })),
          ),
        )
      : null;
  };

  const indicators = (f, b) =>
    section(
      t("indicators"),
      el(
        "div",
        { class: "indicators" },
        data.indicators.map((i) => {
          const v = W.value(f, i.id, b),
            unit = i.unit === "%" ? "%" : "",
            cut = data.thresholds[i.id];
          return el(
            "div",
            { class: "indicator", title: cut === undefined ? null : t("cut") + " " + cut },
            el("span", { text: W.label(i) }),
            W.charts.strip(f, i.id, b),
            el("b", { text: v === null ? t("unknown") : W.number(v, 1) + unit }),
          );
        }),
      ),
      el("p", { class: "key-line", text: "● " + t("this_block") + "　▲ " + t("median") + "　┃ " + t("cut") }),
    );

  const chip = (f, h) => {
    const table = W.spots(f),
      uri = W.chips(f)[h],
      kind = W.label(data.kinds[table.kind[h]]);
    const words = kind + " · " + W.number(table.area_m2[h], 1) + " m²";
    const picture = uri && el("img", { src: uri, alt: words });
    return el(
      "button",
      { type: "button", class: "chip", onclick: () => W.layers.focusSpot(f, h), "data-spot": table.id[h] },
      picture,
      el("span", { text: words }),
      el("span", { class: "quiet", text: t("rank", { n: table.rank[h] }) }),
    );
  };
  /* The first few at once, the rest on demand, so that the figures below are not out of reach. */
  const some = (kind, nodes, first) => {
    if (!nodes.length) return null;
    const box = el("div", { class: kind }, nodes.slice(0, first)),
      rest = nodes.slice(first);
    const more = W.button(t("show_more", { n: rest.length }), () => {
      rest.forEach((node) => box.appendChild(node));
      more.remove();
      rest[0].focus();
    });
    more.className = "more";
    return rest.length ? [box, more] : box;
  };
  const hotspots = (f, b) => {
    const list = W.spotsOf(f)[b],
      seen = (h) => h in W.chips(f);
    return section(
      t("hotspots") + (W.value(f, "hotspots", b) ? " " + W.number(W.value(f, "hotspots", b), 0) : ""),
      list.length
        ? el("p", { class: "quiet", text: t("candidates", { n: list.length }) + " · " + t("hotspots_note") })
        : W.value(f, "hotspots", b)
          ? null
          : el("p", { class: "quiet", text: t(W.grade(f, b).number ? "no_hotspots" : "no_sight") }),
      data.flights[f].candidates > W.spots(f).id.length
        ? el("p", { class: "quiet", text: t("spots_capped", { n: W.spots(f).id.length }) })
        : null,
      some(
        "chips",
        list.filter(seen).map((h) => chip(f, h)),
        6,
      ),
      some(
        "chip-list",
        list.filter((h) => !seen(h)).map((h) => chip(f, h)),
        4,
      ),
    );
  };

  const history = (b) =>
    section(
      t("history"),
      data.flights.length > 1 ? W.charts.history(b) : el("p", { class: "quiet", text: t("one_flight") }),
      W.pairs.trend(b),
    );
  const moved = (f, b) => {
    const told = W.pairs.ofBlock(f, b);
    return told && section(t("since", { a: data.flights[W.other()].id }), told);
  };
  const party = (f, b) => {
    const words = W.text(f, "party", b);
    return words ? section(t("party"), el("p", { class: "party", text: words })) : null;
  };

  const draw = (b) => {
    const f = state.flight;
    return el(
      "article",
      { class: "card", "aria-labelledby": "card-title", "data-block": data.blocks.id[b] },
      head(f, b),
      certainty(f, b),
      reasons(f, b),
      moved(f, b),
      party(f, b),
      W.casework.card(b),
      needs(f, b),
      gates(f, b),
      hotspots(f, b),
      indicators(f, b),
      history(b),
    );
  };
  return { draw };
})();
