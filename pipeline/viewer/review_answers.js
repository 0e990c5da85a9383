"use strict";
/* answers: data and words, what was answered, saving it in the browser, and the files that carry it back. */
const A = (function () {
  const { json } = C;
  const data = json("wuse-data");
  const spots = data.spots;
  const ids = new Set(spots.map((s) => s.id));
  const blank = () => ({ answer: null, kind: null, severity: data.severities[1].id, note: "" });

  /* ---- words ---- */
  let lang = data.language;
  const { pick, t, label } = C.speaker(data.text, () => lang);
  const named = (list, id) => list.find((x) => x.id === id) || null;

  /* ---- what is saved: answers by spot, so that a page made anew for the same spots finds them ---- */
  const place = ["wuse-review", data.community.zh, data.flight.id, data.flight.scoring].join("|");
  let saving = true;
  const load = () => {
    try {
      const found = JSON.parse(localStorage.getItem(place) || "null");
      return found && typeof found === "object" && found.answers ? found : { by: "", answers: {} };
    } catch (problem) {
      saving = false;
      return { by: "", answers: {} };
    }
  };
  const kept = load();
  const save = () => {
    try {
      localStorage.setItem(place, JSON.stringify(kept));
      saving = true;
    } catch (problem) {
      saving = false;
    }
  };
  /* Another tab of the same review saved: it heard of all that was saved here, so what it has is everything. */
  const adopt = (event) => {
    if (event.key !== place || !event.newValue) return false;
    Object.assign(kept, load());
    return true;
  };
  const of = (spot) => Object.assign(blank(), kept.answers[spot.id]);
  const past = [];
  /* A change is a patch on one spot; what was before goes on the pile that undo takes from. */
  const change = (spot, patch) => {
    past.push({ spot, before: kept.answers[spot.id] });
    if (past.length > 1000) past.shift();
    const now = Object.assign(of(spot), patch);
    if (now.answer) Object.assign(now, { at: new Date().toISOString(), by: kept.by, asked: spot.asked });
    now.block = spot.block;
    kept.answers[spot.id] = now;
    save();
  };
  const undo = () => {
    const last = past.pop();
    if (!last) return null;
    if (last.before) kept.answers[last.spot.id] = last.before;
    else delete kept.answers[last.spot.id];
    save();
    return last.spot;
  };
  const answered = (spot) => !!of(spot).answer;
  const count = (answer) => spots.filter((s) => (answer ? of(s).answer === answer : answered(s))).length;

  /* ---- files ---- */
  const decisions = () =>
    Object.keys(kept.answers)
      .filter((id) => kept.answers[id].answer)
      .sort()
      .map((id) => {
        const a = kept.answers[id],
          real = a.answer === data.answers[0].id;
        return {
          hotspot_id: id,
          answer: a.answer,
          kind: real ? a.kind : null,
          severity: real ? a.severity : null,
          note: a.note,
          by: a.by,
          at: a.at,
          asked: a.asked,
        };
      });
  const toJson = () =>
    JSON.stringify(
      {
        format: 1,
        what: "wuse decisions",
        community: data.community.zh,
        flight: data.flight.id,
        rubric: data.flight.rubric,
        scoring: data.flight.scoring,
        decisions: decisions(),
      },
      null,
      1,
    ) + "\n";
  /* No cell can start a formula: a sign at its start gets an apostrophe before it. */
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : String(value).replace(/\0/g, "\ufffd");
    if (/^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) || /^[\t\r\n]/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };
  const toCsv = () => {
    const heads = ["col_id", "col_block", "answer", "kind", "severity", "note", "col_by", "col_at"].map((key) => t(key));
    const rows = decisions().map((d) => {
      const word = (list, id) => (id ? label(named(list, id)) : "");
      const block = kept.answers[d.hotspot_id].block;
      const words = [word(data.answers, d.answer), word(data.problems, d.kind), word(data.severities, d.severity)];
      return [d.hotspot_id, block, ...words, d.note, d.by, d.at];
    });
    return "\ufeff" + [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };
  const download = (name, kind, content) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: kind }));
    link.download = name;
    document.body.appendChild(link);
    link.click();
    document.body.removeChild(link);
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return name;
  };
  const saveJson = () => download("decisions-" + data.flight.id + ".json", "application/json", toJson());
  const saveCsv = () => download("decisions-" + data.flight.id + ".csv", "text/csv", toCsv());

  return {
    data,
    spots,
    ids,
    json,
    t,
    label,
    pick,
    named,
    of,
    change,
    undo,
    adopt,
    answered,
    count,
    toJson,
    toCsv,
    saveJson,
    saveCsv,
    get lang() {
      return lang;
    },
    set lang(value) {
      lang = value;
    },
    get by() {
      return kept.by;
    },
    set by(value) {
      kept.by = value;
      save();
    },
    get saving() {
      return saving;
    },
    save,
  };
})();
