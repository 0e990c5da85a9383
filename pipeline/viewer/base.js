/* base: data and state of the map and the report. */
const W = (function () {
  const { json, el, svg, fill, empty } = C;
  const data = json("wuse-data");
  const cache = new Map();
  const once = (key, make) => {
    if (!cache.has(key)) cache.set(key, make());
    return cache.get(key);
  };
  /* Made when first asked for, by number: flights and blocks are asked for very often. */
  const each = (make) => {
    const made = [];
    return (i) => (made[i] === undefined ? (made[i] = make(i)) : made[i]);
  };

  /* ---- data: each flight is read when it is first asked for ---- */
  const flight = each((i) => json("flight-" + i));
  const spots = each((i) => json("spots-" + i));
  const answers = each((i) => json("gates-" + i));
  const chips = each((i) => json("chips-" + i) || {});
  const image = (i) => {
    const node = document.getElementById("image-" + i);
    return node ? node.textContent : "";
  };
  /* A picture as JPEG: a PDF keeps that as it is, and would blow up WebP. `source` is a loaded image. */
  const jpeg = (source) => {
    const canvas = document.createElement("canvas"),
      pen = canvas.getContext("2d");
    canvas.width = source.naturalWidth;
    canvas.height = source.naturalHeight;
    pen.fillStyle = "#f4f2ec";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(source, 0, 0);
    return canvas.toDataURL("image/jpeg", 0.8);
  };
  const indicator = (id) => data.indicators.find((x) => x.id === id);
  const value = (f, column, block) => {
    const v = flight(f)[column][block];
    return v === undefined ? null : v;
  };
  const text = (f, column, block) => {
    const table = flight(f);
    return column in table ? table.strings[table[column][block]] : "";
  };
  const gradeIndex = (f, block) => {
    const g = flight(f).grade[block];
    return g < 0 ? data.grades.length - 1 : g;
  };
  const grade = (f, block) => data.grades[gradeIndex(f, block)];
  const gates = (f, block) => {
    const table = answers(f),
      found = table.strings[table.gates[block]];
    return found ? JSON.parse(found) : {};
  };
  const sentences = (joined) =>
    joined
      .split(/[；\n]|;\s+/)
      .map((s) => s.trim())
      .filter(Boolean);

  /* Why, in a line: the last sentences that fit, for the last says what decided. */
  const why = (f, block, most) => {
    const list = sentences(text(f, pick("reasons_zh", "reasons_en"), block)),
      room = most || (state.lang === "zh" ? 34 : 96);
    let words = list.pop() || "";
    while (list.length && words.length + list[list.length - 1].length <= room)
      words = list.pop() + pick("；", "; ") + words;
    return words;
  };

  /* ---- words ---- */
  const state = {
    lang: data.language,
    flight: data.current,
    compare: -1,
    block: -1,
    tab: "overview",
    only: data.grades.map(() => true),
    filter: "all",
    sort: "worst",
    down: false,
  };
  const { pick, t, label } = C.speaker(data.text, () => state.lang);
  const blockName = (block) => pick(data.blocks.name[block], data.blocks.name_en[block]);
  const community = () => pick(data.community.zh, data.community.en);
  const number = (v, digits) => (v === null || v === undefined ? "—" : v.toFixed(digits === undefined ? 1 : digits));
  const percent = (v) => (v === null || v === undefined ? "—" : Math.round(v * 100) + "%");
  const centimetres = (m) => number(m === null || m === undefined ? m : m * 100) + " cm";
  /* What is known of how good a picture is: pairs of a word's key and a figure. */
  const qualityRows = (q) =>
    [
      ["gsd", centimetres(q.gsd_m)],
      ["valid_share", number(q.valid_pct) + "%"],
      ["shadow_share", number(q.shadow_pct) + "%"],
      ["clipped_share", number(q.clipped_pct) + "%"],
      ["blur", centimetres(q.blur_m)],
    ].filter((row) => row[1].indexOf("—") < 0);
  /* Beside another flight, whose words these are. */
  const flightOf = (f) => (state.compare >= 0 ? data.flights[f].id + " · " : "");
  const date = (f) => data.flights[f].acquired.slice(0, 16).replace("T", " ");

  const button = (words, action, props) =>
    el("button", Object.assign({ type: "button", text: words, onclick: action }, props));

  /* ---- one square of a grade: colour, pattern and number ---- */
  const swatch = (grade, provisional) => {
    const box = el("span", { class: "swatch" + (provisional ? " provisional" : ""), "aria-hidden": "true" });
    box.style.background = grade.colour;
    box.style.color = grade.ink;
    box.textContent = grade.number || "–";
    return box;
  };
  /* On a colour as light as yellow white dashes are not seen: there they are dark. */
  const light = (g) => {
    const [r, green, b] = [1, 3, 5].map((i) => parseInt(g.colour.slice(i, i + 2), 16) / 255);
    return 0.2126 * r * r + 0.7152 * green * green + 0.0722 * b * b > 0.7;
  };
  const gradeWords = (g) => label(g) + (state.lang === "zh" && g.number ? "色" : "");

  /* ---- sums over a flight ---- */
  const every = data.blocks.id.map((_, i) => i);
  const counts = (f) => {
    const n = data.grades.map(() => 0);
    every.forEach((b) => {
      n[gradeIndex(f, b)] += 1;
    });
    return n;
  };
  const mean = (f, column) => {
    let sum = 0,
      weight = 0;
    every.forEach((b) => {
      const v = value(f, column, b),
        a = value(f, "area_m2", b) || 0;
      if (v !== null) {
        sum += v * a;
        weight += a;
      }
    });
    return weight ? sum / weight : null;
  };
  /* The table's count of clear spots; the list of candidates to look at may be longer. */
  const total = (f, column) => every.reduce((sum, b) => sum + (value(f, column, b) || 0), 0);
  const spotsOf = each((f) => {
    const lists = every.map(() => []);
    spots(f).block.forEach((b, h) => {
      if (b >= 0) lists[b].push(h);
    });
    return lists;
  });
  /* The worst first: by colour, then by clutter; blocks that could not be graded come last. */
  const worst = each((f) => {
    const rung = every.map((b) => grade(f, b).number || 9),
      clutter = flight(f).clutter;
    return every.slice().sort((a, b) => rung[a] - rung[b] || (clutter[b] || 0) - (clutter[a] || 0) || a - b);
  });
  const natural = (a, b) => String(a).localeCompare(String(b), "zh", { numeric: true });
  /* What the comparison of two flights says, either way round; where there is none, colours are all there is. */
  const compared = (now, then) => {
    const name = (a, b) => "compare-" + a + "-" + b;
    const find = (id) => (data.compared.indexOf(id) < 0 ? null : once(id, () => json(id)));
    return find(name(now, then)) || find(name(then, now));
  };
  const comparable = (f, g) =>
    compared(f, g) ? compared(f, g).comparable : data.flights[f].rubric === data.flights[g].rubric;
  /* How far a block's colour moved, counting only what is proposed; null where its two colours cannot be compared. */
  const change = (now, then, b) => {
    const told = compared(now, then),
      a = grade(then, b).number,
      z = grade(now, b).number;
    if (told && told.step[b] === 0) return 0;
    return (told && told.step[b] === null) || !a || !z ? null : z - a;
  };
  /* The colour to count with: the newer one where the change is proposed, else the older one. */
  const held = (now, then, b) => grade(change(now, then, b) ? now : then, b);

  /* The flight that the current one is compared with: the chosen one, else the one before; -1 where there is none. */
  const other = () => (state.compare >= 0 ? state.compare : state.flight - 1);
  const aims = {
    out_of_red: (a, z) => a === 1 && z > 1,
    out_of_orange: (a, z) => a === 2 && z > 2,
    reach_yellow: (a, z) => a < 3 && z >= 3,
    keep_blue: (a, z) => a === 4 && z >= 4,
    strive_green: (a, z) => a < 5 && z === 5,
  };
  /* Beside another flight: whether the block's two colours cannot be compared. */
  const apart = (b) =>
    state.compare >= 0 && step(state.flight, state.compare, b) === null;
  const step = (now, then, b) => (compared(now, then) || comparable(now, then) ? change(now, then, b) : null);
  const moved = (kind, b) => {
    const f = state.flight,
      before = other();
    if (before < 0) return false;
    const way = step(f, before, b);
    if (kind === "apart") return way === null;
    if (way === null) return false;
    if (kind === "better") return way > 0;
    if (kind === "worse") return way < 0;
    return aims[kind](grade(before, b).number, held(f, before, b).number);
  };

  /* ---- state ---- */
  const listeners = [];
  const on = (action) => listeners.push(action);
  const set = (patch) => {
    const changed = {};
    Object.keys(patch).forEach((k) => {
      if (state[k] !== patch[k]) {
        state[k] = patch[k];
        changed[k] = true;
      }
    });
    /* Without another flight there is no change to filter by. */
    if (other() < 0 && state.filter !== "all" && !kinds[state.filter]) {
      state.filter = "all";
      changed.filter = true;
    }
    if (Object.keys(changed).length) listeners.forEach((action) => action(changed));
  };
  /* Filters by a block's state in one flight; all others are by what has changed since another. */
  const kinds = {
    provisional: (f, b) => !!value(f, "provisional", b),
    needs: (f, b) => !!text(f, "needs_zh", b),
    hotspots: (f, b) => (value(f, "hotspots", b) || 0) > 0,
    unsure: (f, b) => (value(f, "confidence", b) || 0) < 0.8,
  };
  const shown = (b) => {
    const f = state.flight,
      kind = state.filter;
    if (!state.only[gradeIndex(f, b)]) return false;
    if (kinds[kind]) return kinds[kind](f, b);
    return kind === "all" || moved(kind, b);
  };

  return {
    data,
    state,
    flight,
    spots,
    each,
    chips,
    image,
    jpeg,
    indicator,
    value,
    text,
    gradeIndex,
    grade,
    gates,
    sentences,
    why,
    pick,
    t,
    label,
    blockName,
    community,
    number,
    percent,
    qualityRows,
    flightOf,
    date,
    el,
    svg,
    empty,
    button,
    swatch,
    light,
    gradeWords,
    every,
    counts,
    mean,
    total,
    spotsOf,
    worst,
    natural,
    compared,
    comparable,
    change,
    held,
    json,
    other,
    apart,
    aims,
    on,
    set,
    kinds,
    shown,
    once,
  };
})();
