/** A value of JSON, each text of which is what `change` makes of it, also each name of a field. */
export function eachText<Value>(value: Value, change: (text: string) => string): Value {
  const within = (inner: unknown): unknown => {
    if (typeof inner === 'string') return change(inner);
    if (typeof inner !== 'object' || inner === null) return inner;
    if (Array.isArray(inner)) return inner.map(within);
    return Object.fromEntries(Object.entries(inner).map(([name, one]) => [change(name), within(one)]));
  };
  return within(value) as Value;
}
