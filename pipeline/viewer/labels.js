/* labels: which blocks are named on a side, and where, so that nothing covers a name and the swipe cuts none. */
W.labels = (function () {
  const { data, state, el } = W;
  const { map, view, place: at, FULL } = W.sides;
  const MOST = 600,
    HIGH = 24;
  const extent = W.each((b) => W.figure.box([b]));
  const scale = () => Math.pow(2, map.getZoom());
  const width = (words) => 30 + [...words].reduce((n, c) => n + (c > "\u2000" ? 12 : 7), 0);
  const collides = (taken, p, w) =>
    taken.some((q) => Math.abs(q[0] - p[0]) * 2 < q[2] + w && Math.abs(q[1] - p[1]) * 2 < q[3] + HIGH);

  /* Where most blocks are too small for their id, all show their number alone: calmer than a mixture. */
  const typical = () =>
    W.once("typical", () => {
      const wide = W.every.map((b) => extent(b)[2] - extent(b)[0]).sort((a, b) => a - b);
      return wide[Math.floor(wide.length / 2)];
    });
  const roomy = () => typical() * scale() >= 58;
  const small = (b) => {
    const [l, d, r, u] = extent(b);
    return Math.min(r - l, u - d) * scale() < (FULL ? 15 : 34);
  };

  const tag = (f, b, words) => {
    const node = el("span", { class: "tag" + (b === state.block ? " chosen" : "") }, W.swatch(W.grade(f, b)));
    if (words) node.appendChild(el("span", { class: "tag-id", text: words }));
    return node;
  };
  /* Beside another flight, the later name says whether the colour rose or fell, or cannot be compared. */
  const sign = (f, b) => {
    if (state.compare < 0 || f !== state.flight) return "";
    if (W.apart(b)) return " ≠";
    const step = W.change(f, state.compare, b);
    return step > 0 ? " ▲" : step < 0 ? " ▼" : "";
  };

  /* The worst blocks first; one that would cover another shrinks to its number or stays away. */
  const place = (side) => {
    side.labels.clearLayers();
    side.tags = [];
    const f = side.flight;
    if (f < 0 || !view.labels || !view.blocks) return;
    const taken = [],
      done = new Set(),
      inView = map.getBounds().pad(0.05),
      room = roomy();
    const order = state.block >= 0 ? [state.block].concat(W.worst(f)) : W.worst(f);
    for (let i = 0; i < order.length && done.size < MOST; i += 1) {
      const b = order[i],
        where = at(data.blocks.spot[b]),
        chosen = b === state.block;
      if (done.has(b) || !W.shown(b) || !inView.contains(where) || (!chosen && small(b))) continue;
      const p = map.latLngToContainerPoint(where),
        id = data.blocks.id[b],
        words = (id.length > 12 ? id.slice(0, 11) + "…" : id) + sign(f, b);
      const whole = (room || chosen) && !collides(taken, [p.x, p.y], width(words) + 4);
      if (!whole && collides(taken, [p.x, p.y], 22)) continue;
      const wide = whole ? width(words) : 18,
        node = tag(f, b, whole ? words : "");
      taken.push([p.x, p.y, wide + 4, HIGH]);
      done.add(b);
      side.tags.push({ b, node, wide, where });
      side.labels.addLayer(
        L.marker(where, {
          pane: "label-" + side.key,
          interactive: false,
          keyboard: false,
          icon: L.divIcon({ className: "label", iconSize: null, html: node }),
        }),
      );
    }
  };

  /* Beside a swipe at `bar` px a name stands wholly on its own side: it steps aside while its block has room. */
  const aside = (side, bar, reserved) => {
    const taken = reserved.slice(),
      k = scale(),
      middle = map.getSize().y / 2,
      left = side.key === "left";
    const put = (t, x, p, ok) => {
      const free = ok && !collides(taken, [x, p.y], t.wide + 4);
      t.node.style.visibility = free ? "" : "hidden";
      t.node.style.marginLeft = x - p.x + "px";
      if (free) taken.push([x, p.y, t.wide + 4, HIGH]);
    };
    const moved = [];
    side.tags.forEach((t) => {
      const p = map.latLngToContainerPoint(t.where),
        gap = t.wide / 2 + (Math.abs(p.y - middle) < 36 ? 26 : 7);
      const x = bar === null ? p.x : left ? Math.min(p.x, bar - gap) : Math.max(p.x, bar + gap);
      if (x === p.x) put(t, x, p, true);
      else moved.push([t, x, p]);
    });
    moved.forEach(([t, x, p]) => {
      const [l, , r] = extent(t.b),
        sx = data.blocks.spot[t.b][0];
      const own = left ? p.x < bar : p.x > bar;
      const room = left ? x - t.wide / 2 > p.x + (l - sx) * k : x + t.wide / 2 < p.x + (r - sx) * k;
      put(t, x, p, own || room);
    });
  };

  return { place, aside };
})();
