/** Makes a value when first asked for it, and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * The same for each key. With `most` all are forgotten where one more would be kept: what is asked for comes Service by
 * Service, and what was made for earlier ones would only take up memory. `make` must not give undefined.
 */
export function perKey<K, T>(make: (key: K) => T, most: number = Number.POSITIVE_INFINITY): (key: K) => T {
  const kept = new Map<K, T>();
  return (key) => {
    let value = kept.get(key);
    if (value === undefined) {
      value = make(key);
      if (kept.size >= most) kept.clear();
      kept.set(key, value);
    }
    return value;
  };
}

/** The same for each object, kept for as long as the object itself is. `make` must not give undefined. */
export function perObject<K extends object, T>(make: (object: K) => T): (object: K) => T {
  const kept = new WeakMap<K, T>();
  return (object) => {
    let value = kept.get(object);
    if (value === undefined) {
      value = make(object);
      kept.set(object, value);
    }
    return value;
  };
}

/** Gives again what was made of the very same two things the last time: several rules ask the same of one Service. */
export function asLast<A, B, T>(make: (a: A, b: B) => T): (a: A, b: B) => T {
  let last: { readonly a: A; readonly b: B; readonly value: T } | null = null;
  return (a, b) => {
    if (last?.a !== a || last.b !== b) last = { a, b, value: make(a, b) };
    return last.value;
  };
}
