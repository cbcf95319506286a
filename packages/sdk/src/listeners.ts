/** Listeners by event. A listener that throws harms neither the caller nor the other listeners. */
export interface Listeners<Events extends object> {
  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void): () => void;
  has(event: keyof Events): boolean;
  emit<K extends keyof Events>(event: K, value: Events[K]): void;
}

export function listeners<Events extends object>(
  onThrow: (cause: unknown, event: keyof Events) => void,
): Listeners<Events> {
  const sets: { [K in keyof Events]?: Set<(value: Events[K]) => void> } = {};
  return {
    on(event, listener) {
      const set = sets[event] ?? new Set();
      sets[event] = set;
      set.add(listener);
      return () => {
        set.delete(listener);
      };
    },
    has: (event) => (sets[event]?.size ?? 0) > 0,
    emit(event, value) {
      const set = sets[event];
      if (set === undefined || set.size === 0) return;
      for (const listener of set) {
        try {
          listener(value);
        } catch (cause) {
          onThrow(cause, event);
        }
      }
    },
  };
}
