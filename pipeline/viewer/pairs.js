/* pairs: how a change stands, whether two flights can be compared at all, and the same ground at both. */
W.pairs = (function () {
  const { data, el, t } = W;
  const metres = (v) => (v === null ? t("unknown") : W.number(v, 2) + " m");

  /* A badge: proposed, official, refused; nothing where no change is proposed. */
  const standing = (told, b) => {
    const s = data.states[told.state[b]];
    return s ? el("em", { class: "standing " + s.id, text: W.label(s) }) : null;
  };
  const why = (told, b) => {
    const reason = data.reasons[told.reason[b]],
      apart = told.strings[W.pick(told.apart_zh[b], told.apart_en[b])];
    return (reason ? W.label(reason) : t("unknown")) + (apart ? W.pick("：", ": ") + apart : "");
  };

  /* Each condition with its figure and its limit, in short where all is well. */
  const SIGNS = ["✓", "!", "✕"],
    WORDS = ["met", "partly", "unmet"];
  const conditions = (told) =>
    el(
      "details",
      { class: "conditions" + (told.comparable ? "" : " apart"), open: !told.comparable },
      el(
        "summary",
        {},
        el("b", { text: told.comparable ? t("can_compare") : t("cannot_compare") }),
        el("span", { text: t("alignment") + " " + metres(told.rest_m) }),
      ),
      el(
        "ul",
        {},
        told.checks.map((c) =>
          el("li", { class: WORDS[c[0]] }, el("i", { "aria-hidden": "true", text: SIGNS[c[0]] }), W.pick(c[1], c[2])),
        ),
      ),
      el("p", { class: "quiet", text: t("mdc") + W.pick("：", ": ") + errors(told) }),
    );
  const errors = (told) =>
    data.indicators
      .map((i) => [i, told.errors.find((e) => e[0] === i.id)])
      .filter((p) => p[1])
      .map(([i, e]) => W.label(i) + " " + W.number(e[2], 1))
      .join(W.pick("，", ", "));

  /* The same ground at both flights, with dates and the error of alignment; null where there are no pictures. */
  const pictures = (told, uris, b, after) => {
    if (!uris) return null;
    const one = (uri, when) =>
      el(
        "figure",
        {},
        el("img", { src: uri, alt: data.blocks.id[b] + " " + when }),
        el("figcaption", { text: when }),
      );
    return el(
      "div",
      { class: "pair" },
      one(uris[0], told.before.acquired.slice(0, 10)),
      one(uris[1], after.slice(0, 10)),
      el("p", { class: "quiet", text: t("alignment") + " " + metres(told.off[b]) }),
    );
  };

  /* A block's change since the flight before, for its card. */
  const ofBlock = (f, b) => {
    const other = W.other(),
      told = other >= 0 ? W.compared(f, other) : null;
    if (!told) return null;
    const name = "pairs-" + Math.max(f, other) + "-" + Math.min(f, other);
    const uris = (W.once(name, () => W.json(name)) || {})[b];
    const move = el(
      "p",
      { class: "card-move" },
      el("span", { class: "move" }, W.swatch(data.grades[told.was[b]]), el("i", { text: "→" }), W.swatch(data.grades[told.now[b]])),
      standing(told, b),
      el("span", { text: why(told, b) }),
    );
    return [move, pictures(told, uris, b, data.flights[Math.max(f, other)].acquired)];
  };

  /* A trend: which way, and the change per year with its 95 % margin. */
  const way = ([, , way]) => (way > 0 ? "↗" : way < 0 ? "↘" : "→");
  const rate = ([slope, se]) => (slope > 0 ? "+" : "") + W.number(slope, 1) + " ± " + W.number(1.96 * se, 1);

  /* Where the figures are heading, with three flights or more. */
  const trend = (b) => {
    const known = W.once("trends", () => W.json("trends")) || {};
    const lines = data.indicators.filter((i) => known[i.id] && known[i.id][b]);
    return lines.length
      ? el(
          "ul",
          { class: "trends" },
          lines.map((i) => {
            const found = known[i.id][b];
            const said = way(found) + " " + W.label(i) + " " + t("per_year", { n: rate(found) });
            return el("li", { text: said + (found[2] ? "" : " · " + t("no_trend")) });
          }),
        )
      : null;
  };

  return { standing, why, conditions, pictures, ofBlock, trend, way, rate };
})();
