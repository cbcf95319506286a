/** A bounded first-in-first-out queue whose head can be looked at, and partly taken, without moving the rest. */
export interface OutboxQueue<Item> {
  readonly size: number;
  readonly full: boolean;
  push(item: Item): void;
  /** The item `index` places behind the oldest. */
  at(index: number): Item | undefined;
  /** The oldest `count` items. */
  head(count: number): Item[];
  /** Removes the oldest `count` items, but for those that `keep` keeps; these stay at the head, in order. */
  settle(count: number, keep?: (index: number) => boolean): void;
}

/** A queue for at most `capacity` items. Memory grows with use, in a ring. */
export function outboxQueue<Item>(capacity: number): OutboxQueue<Item> {
  const ring: (Item | undefined)[] = [];
  let start = 0;
  let size = 0;
  /** Where the item `index` places behind the oldest is. */
  const place = (index: number): number => {
    const at = start + index;
    return at < capacity ? at : at - capacity;
  };
  return {
    get size() {
      return size;
    },
    get full() {
      return size >= capacity;
    },
    push(item) {
      ring[place(size)] = item;
      size += 1;
    },
    at(index) {
      return index < size ? ring[place(index)] : undefined;
    },
    head(count) {
      const items: Item[] = [];
      for (let i = 0; i < count && i < size; i += 1) items.push(ring[place(i)] as Item);
      return items;
    },
    settle(count, keep) {
      let free = Math.min(count, size);
      if (keep !== undefined) {
        for (let i = free - 1; i >= 0; i -= 1) {
          if (!keep(i)) continue;
          free -= 1;
          ring[place(free)] = ring[place(i)];
        }
      }
      for (let i = 0; i < free; i += 1) ring[place(i)] = undefined;
      start = place(free);
      size -= free;
    },
  };
}
