"use strict";
/* inflate: large tables are packed (RFC 1951), and browsers that offices still use cannot unpack by themselves. */
const unpack = (function () {
  const LENGTH = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const WAY = [],
    WAY_BITS = [];
  for (let i = 0, from = 1; i < 30; i += 1) {
    WAY_BITS[i] = i < 2 ? 0 : (i >> 1) - 1;
    WAY[i] = from;
    from += 1 << WAY_BITS[i];
  }

  /* A table that is entered with the next bits and gives symbol and length of the code they begin with. */
  const tree = (lengths) => {
    const most = Math.max.apply(null, lengths),
      table = new Uint16Array(1 << most),
      count = new Uint16Array(17),
      next = new Uint16Array(17);
    lengths.forEach((n) => {
      if (n) count[n] += 1;
    });
    for (let n = 1; n <= most; n += 1) next[n + 1] = (next[n] + count[n]) << 1;
    lengths.forEach((n, symbol) => {
      if (!n) return;
      let code = next[n]++,
        turned = 0;
      for (let i = 0; i < n; i += 1, code >>= 1) turned = (turned << 1) | (code & 1);
      for (let i = turned; i < table.length; i += 1 << n) table[i] = (symbol << 4) | n;
    });
    return { table, most };
  };
  const repeat = (n, value) => new Array(n).fill(value);
  const FIXED = [tree([].concat(repeat(144, 8), repeat(112, 9), repeat(24, 7), repeat(8, 8))), tree(repeat(30, 5))];

  const inflate = (source, size) => {
    const out = new Uint8Array(size);
    let at = 0,
      from = 0,
      held = 0,
      have = 0;
    const bits = (n) => {
      while (have < n) {
        held |= source[from++] << have;
        have += 8;
      }
      const v = held & ((1 << n) - 1);
      held >>>= n;
      have -= n;
      return v;
    };
    const symbol = (code) => {
      while (have < code.most) {
        held |= (source[from++] || 0) << have;
        have += 8;
      }
      const entry = code.table[held & ((1 << code.most) - 1)];
      held >>>= entry & 15;
      have -= entry & 15;
      return entry >> 4;
    };
    const trees = () => {
      const n = bits(5) + 257,
        ways = bits(5) + 1,
        own = repeat(19, 0),
        lengths = [];
      for (let i = 0, m = bits(4) + 4; i < m; i += 1) own[ORDER[i]] = bits(3);
      const code = tree(own);
      while (lengths.length < n + ways) {
        const s = symbol(code);
        if (s < 16) lengths.push(s);
        else {
          const last = s === 16 ? lengths[lengths.length - 1] : 0;
          const times = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7);
          for (let i = 0; i < times; i += 1) lengths.push(last);
        }
      }
      return [tree(lengths.slice(0, n)), tree(lengths.slice(n))];
    };
    const block = ([codes, ways]) => {
      for (let s = symbol(codes); s !== 256; s = symbol(codes)) {
        if (s < 256) out[at++] = s;
        else {
          let n = LENGTH[s - 257] + bits(LENGTH_BITS[s - 257]);
          const w = symbol(ways),
            back = WAY[w] + bits(WAY_BITS[w]);
          for (; n; n -= 1, at += 1) out[at] = out[at - back];
        }
      }
    };
    for (let last = 0; !last; ) {
      last = bits(1);
      const kind = bits(2);
      if (kind) block(kind === 1 ? FIXED : trees());
      else {
        from -= have >> 3;
        held = have = 0;
        const n = source[from] | (source[from + 1] << 8);
        out.set(source.subarray(from + 4, from + 4 + n), at);
        at += n;
        from += 4 + n;
      }
    }
    return out;
  };

  return (base64, size) => {
    const raw = atob(base64),
      source = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) source[i] = raw.charCodeAt(i);
    return new TextDecoder().decode(inflate(source, size));
  };
})();
