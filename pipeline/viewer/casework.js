/* casework: what the register says of a block, of the month and of the way out of red and orange. Days are counted from
   the register's own last day, never from the reader's clock, and the page says so. */
W.casework = (function () {
  const { el, t } = W;
  const facts = C.json("register");
  const blocks = W.each(() => C.json("register-blocks") || {});
  const block = (b) => (facts ? blocks(0)[W.data.blocks.id[b]] : undefined);
  const day = (text) => Date.UTC(...text.split("-").map((n, i) => Number(n) - (i === 1 ? 1 : 0))) / 864e5;
  const left = (text) => day(text) - day(facts.as_of);
  const days = (text) => {
    const n = left(text);
    return n < 0 ? t("cw_overdue_by", { n: -n }) : t("cw_days_left", { n });
  };
  const pair = (words, value) => (value ? [el("dt", { text: words }), el("dd", { text: value })] : null);
  const due = (text) => (text ? text + W.pick("（", " (") + days(text) + W.pick("）", ")") : "");
  const overdue = (own) => own.overdue_after.filter((text) => left(text) < 0).length;
  const counts = (own) =>
    [
      ["cw_open_n", own.open],
      ["cw_overdue_n", overdue(own)],
      ["cw_closed_n", own.closed],
    ]
      .filter(([, n]) => n)
      .map(([words, n]) => t(words, { n }))
      .join(W.pick("，", ", ")) || "—";

  /* ---- a block's card ---- */
  const oneCase = (c) =>
    el(
      "li",
      { class: c.deadline && left(c.deadline) < 0 ? "late" : null },
      el("b", { text: c.number }),
      el("span", { text: W.label(c.kind) + " · " + W.label(c.state) }),
      c.deadline && el("span", { class: "quiet", text: t("cw_deadline") + " " + due(c.deadline) }),
    );
  const card = (b) => {
    const own = block(b);
    if (!own) return null;
    const hidden = own.open - own.cases.length;
    return el(
      "section",
      { class: "casework" },
      el("h3", { text: t("cw_title") }),
      el("p", { text: counts(own) }),
      el(
        "dl",
        { class: "pairs" },
        pair(t("cw_state"), W.label(own.state)),
        pair(t("party"), W.label(own.party)),
        pair(t("cw_plan"), own.plan),
        pair(t("cw_due"), own.closed_at ? own.due : due(own.due)),
        pair(t("cw_closed_on"), own.closed_at),
      ),
      own.cases.length ? el("ul", { class: "cases" }, own.cases.map(oneCase)) : null,
      hidden > 0 ? el("p", { class: "quiet", text: t("cw_more", { n: hidden }) }) : null,
      el("p", { class: "quiet", text: t("cw_as_of", { day: facts.as_of }) }),
    );
  };

  /* ---- the community ---- */
  const month = () => {
    const until = facts.months.filter((m) => m.month <= facts.as_of.slice(0, 7));
    return until[until.length - 1];
  };
  const COLUMNS = ["opened", "closed", "overdue", "campaigns", "people", "truckloads", "points"];
  const aims = () =>
    facts.progress.aims
      .filter((aim) => aim.listed)
      .map((aim) => {
        const grade = W.data.grades.find((g) => g.id === aim.grade),
          bar = el("i", {});
        bar.style.width = (100 * aim.closed) / aim.listed + "%";
        bar.style.background = grade.colour;
        return el(
          "li",
          {},
          el("span", { text: W.label(aim) }),
          el("span", { class: "way", "aria-hidden": "true" }, bar),
          el("b", { text: t("cw_closed_of", { n: aim.closed, all: aim.listed }) }),
        );
      });
  const watch = () => {
    const { watch, relapse } = facts.progress;
    return watch || relapse ? el("p", { class: "quiet", text: t("cw_watch", { watch, relapse }) }) : null;
  };
  const progress = () => [el("ul", { class: "ways" }, aims()), watch()];
  const overview = () => {
    if (!facts) return null;
    const last = month();
    return el(
      "section",
      { class: "casework" },
      el("h3", { text: t("cw_title") }),
      progress(),
      last &&
        el("p", {
          class: "month",
          text: last.month + W.pick("：", ": ") + COLUMNS.map((name) => t("cw_" + name) + " " + last[name]).join(" · "),
        }),
      el("p", { class: "quiet", text: t("cw_as_of", { day: facts.as_of }) }),
    );
  };

  /* ---- the report ---- */
  const table = (heads, rows, kind) =>
    el(
      "div",
      { class: "scroll casework" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, heads.map((words) => el("th", { text: words, class: kind })))),
        el("tbody", {}, rows.map((row) => el("tr", {}, row.map((words) => el("td", { text: words, class: kind }))))),
      ),
    );
  const months = () =>
    table(
      [t("cw_month"), ...COLUMNS.map((name) => t("cw_" + name))],
      facts.months.map((m) => [m.month, ...COLUMNS.map((name) => String(m[name]))]),
      "n",
    );
  const ways = () => {
    const rows = W.worst(W.state.flight)
      .map((b) => [b, block(b)])
      .filter(([, own]) => own && (own.state.zh || own.open));
    return rows.length
      ? table(
          [t("block"), t("cw_state"), t("party"), t("cw_plan"), t("cw_due"), t("cw_cases")],
          rows.map(([b, own]) => [
            W.data.blocks.id[b],
            W.label(own.state),
            W.label(own.party),
            own.plan,
            own.closed_at ? t("cw_closed_on") + " " + own.closed_at : due(own.due),
            counts(own),
          ]),
        )
      : null;
  };
  const report = () =>
    facts
      ? [
          el("h2", { text: t("cw_title") }),
          el("p", { class: "quiet", text: t("cw_as_of", { day: facts.as_of }) }),
          el("div", { class: "casework" }, progress()),
          facts.months.length ? months() : null,
          ways(),
        ]
      : [];

  return { card, overview, report };
})();
