/* labels: which blocks are named on a side, and where, so that nothing covers a name and the swipe cuts none. */
W.labels = (function () {
  const { data, state, el } = W;
  const { map, view, tiny, place: at, FULL } = W.sides;
  const MOST = 600,
    HIGH = 24;
  const extent = W.each((b) => W.figure.box([b]));
  const scale = () => Math.pow(2, map.getZoom());
  /* Of a tag: its number alone, with a sign, or with words. */
  const NUMBER = 18,
    SIGNED = 28,
    GAP = 2;
  const width = (words) => (!words ? NUMBER : words.length === 1 ? SIGNED : 30 + W.figure.width(words));
  const collides = (taken, p, w) =>
    taken.some((q) => Math.abs(q[0] - p[0]) * 2 < q[2] + w && Math.abs(q[1] - p[1]) * 2 < q[3] + HIGH);

  /* Where most blocks are too small for their id, all show their number alone: calmer than a mixture. */
  const roomy = () => W.figure.typical() * scale() >= (state.compare < 0 ? 58 : 74);
  const small = (b) => {
    const [l, d, r, u] = extent(b);
    return Math.min(r - l, u - d) * scale() < (FULL ? 15 : 34);
  };

  const tag = (f, b, words) => {
    const node = el("span", { class: "tag" + (b === state.block ? " chosen" : "") }, W.swatch(W.grade(f, b)));
    if (words) node.appendChild(el("span", { class: words.length === 1 ? "tag-id sign" : "tag-id", text: words }));
    return node;
  };
  /* Beside another flight, the later name says whether the colour rose or fell, or cannot be compared. */
  const sign = (f, b) => {
    if (state.compare < 0 || f !== state.flight) return "";
    if (W.apart(b)) return " ≠";
    const step = W.change(f, state.compare, b);
    return step > 0 ? " ▲" : step < 0 ? " ▼" : "";
  };

  const put = (side, node, where, { wide, span }) => {
    side.tags.push({ node, wide, where, span });
    const icon = L.divIcon({ className: "label", iconSize: null, html: node });
    side.labels.addLayer(
      L.marker(where, { pane: "label-" + side.key, interactive: false, keyboard: false, icon }),
    );
  };

  /* Fields of the stage with the blocks in each, where blocks are too small for a number of their own. */
  const FIELD = [132, 84];
  const fields = (f) => {
    const [l, d, r, u] = W.once("all", () => W.figure.box(W.every)),
      across = Math.max(1, Math.round(((r - l) * scale()) / FIELD[0])),
      down = Math.max(1, Math.round(((u - d) * scale()) / FIELD[1])),
      wide = (r - l) / across,
      high = (u - d) / down,
      found = [];
    W.every.forEach((b) => {
      if (!W.shown(b)) return;
      const [x, y] = data.blocks.spot[b],
        i = Math.min(across - 1, Math.floor((x - l) / wide)),
        j = Math.min(down - 1, Math.floor((y - d) / high)),
        box = [l + i * wide, d + j * high, l + (i + 1) * wide, d + (j + 1) * high];
      const field = found[j * across + i] || (found[j * across + i] = { box, x: 0, y: 0, n: 0, of: [] });
      const g = W.gradeIndex(f, b);
      field.x += x;
      field.y += y;
      field.n += 1;
      field.of[g] = (field.of[g] || 0) + 1;
    });
    return found.filter(Boolean);
  };

  /* One tag for a field: its two worst colours, and how many blocks have each. A press looks closer. */
  const gather = (side, taken) => {
    const inView = map.getBounds();
    fields(side.flight).forEach((field) => {
      const [l, d, r, u] = field.box,
        worst = data.grades.map((g, i) => [g, field.of[i] || 0]).filter((pair) => pair[1]);
      const wide = worst.slice(0, 2).reduce((n, pair) => n + 31 + 7 * String(pair[1]).length, 0);
      const node = el("span", {
        class: "tag many",
        title: worst.map(([g, n]) => W.label(g) + " " + n).join(" · "),
        onclick: () => map.fitBounds([[d, l], [u, r]], { animate: false }),
      });
      worst.slice(0, 2).forEach(([g, n]) => {
        node.appendChild(W.swatch(g));
        node.appendChild(el("span", { class: "tag-id", text: String(n) }));
      });
      /* Wholly inside its own field, so that no tag covers another. */
      const inside = (v, low, high, px) => Math.max(low + px / 2 / scale(), Math.min(high - px / 2 / scale(), v));
      const where = at([inside(field.x / field.n, l, r, wide + 4), inside(field.y / field.n, d, u, HIGH)]),
        p = map.latLngToContainerPoint(where);
      if (!inView.contains(where) || collides(taken, [p.x, p.y], wide + 4)) return;
      put(side, node, where, { wide, span: [l, r] });
    });
  };
  const note = el("p", { id: "fields", class: "quiet", hidden: FULL, text: W.t("fields") });
  document.getElementById("stage").appendChild(note);

  /* The worst blocks first; one that would cover another shrinks to its number or stays away. */
  const place = (side) => {
    side.labels.clearLayers();
    side.tags = [];
    const f = side.flight;
    note.hidden = !(tiny() && view.labels && view.blocks);
    note.textContent = W.t("fields");
    if (f < 0 || !view.labels || !view.blocks) return;
    const taken = [],
      done = new Set(),
      inView = map.getBounds().pad(0.05),
      room = roomy();
    const chosenFirst = state.block >= 0 ? [state.block] : [],
      order = tiny() ? chosenFirst : chosenFirst.concat(W.worst(f));
    for (let i = 0; i < order.length && done.size < MOST; i += 1) {
      const b = order[i],
        where = at(data.blocks.spot[b]),
        chosen = b === state.block;
      if (done.has(b) || !W.shown(b) || !inView.contains(where) || (!chosen && small(b))) continue;
      const p = map.latLngToContainerPoint(where),
        [l, , r] = extent(b),
        moves = sign(f, b),
        full = W.figure.fitting(data.blocks.id[b], chosen ? 180 : (r - l) * scale() - 34 - (moves ? 18 : 0)) + moves;
      /* The id with its sign, else the sign beside the number: without it a block would look unchanged. */
      const words = [room || chosen ? full : moves.trim(), moves.trim()].find(
        (w) => !collides(taken, [p.x, p.y], width(w) + GAP),
      );
      if (words === undefined) continue;
      const wide = width(words),
        node = tag(f, b, words);
      taken.push([p.x, p.y, wide + GAP, HIGH]);
      done.add(b);
      put(side, node, where, { wide, span: [l, r] });
    }
    if (tiny()) gather(side, taken);
  };

  /* Beside a swipe at `bar` px a name stands wholly on its own side: it steps aside while its block has room. */
  const aside = (side, bar, reserved) => {
    const taken = reserved.slice(),
      k = scale(),
      middle = map.getSize().y / 2,
      left = side.key === "left";
    const stand = (t, x, p, ok) => {
      const free = ok && !collides(taken, [x, p.y], t.wide + GAP);
      t.node.style.visibility = free ? "" : "hidden";
      t.node.style.marginLeft = x - p.x + "px";
      if (free) taken.push([x, p.y, t.wide + GAP, HIGH]);
    };
    const moved = [];
    side.tags.forEach((t) => {
      const p = map.latLngToContainerPoint(t.where),
        gap = t.wide / 2 + (Math.abs(p.y - middle) < 36 ? 26 : 7);
      const x = bar === null ? p.x : left ? Math.min(p.x, bar - gap) : Math.max(p.x, bar + gap);
      if (x === p.x) stand(t, x, p, true);
      else moved.push([t, x, p]);
    });
    moved.forEach(([t, x, p]) => {
      const [l, r] = t.span,
        sx = t.where[1];
      const own = left ? p.x < bar : p.x > bar;
      const room = left ? x - t.wide / 2 > p.x + (l - sx) * k : x + t.wide / 2 < p.x + (r - sx) * k;
      stand(t, x, p, own || room);
    });
  };

  return { place, aside };
})();
