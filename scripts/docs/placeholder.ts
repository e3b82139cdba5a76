/**
 * A stand-in for a fact whose words are wanted before there is a value. In a text it is `{name}`. It is a list with one item,
 * an object with every property, a text and, where a number is needed, the sample of its name.
 */
export function placeholder(name: string, used: (name: string) => void = () => undefined): unknown {
  const text = `{${name}}`;
  const self: object = new Proxy(
    {},
    {
      get: (_, key) => {
        used(name);
        if (key === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? sampleOf(name) : text);
        if (key === Symbol.iterator) return [self][Symbol.iterator].bind([self]);
        if (typeof key === 'symbol') return undefined;
        if (key === 'map') return (each: (item: unknown) => unknown) => [each(self)];
        if (key === 'filter') return () => [self];
        if (key === 'length') return 1;
        // A moment, and not the method of texts.
        if (key === 'at') return placeholder(key);
        const method: unknown = key === 'join' || key === 'slice' ? text.toString : String.prototype[key as 'trim'];
        return typeof method === 'function' ? method.bind(text) : placeholder(key);
      },
    },
  );
  return self;
}

/** Whether the words show this number in another unit. */
export function isMeasure(fact: string): boolean {
  return /bytes$|^(?:before|after)$/i.test(fact);
}

/** Any count. A text that has it, one more or less, or half of it, has calculated that. */
export const sampleCount = 40_404;

/** A number for a fact of this name; of measures, one that no other name has. */
export function sampleOf(fact: string): number {
  if (fact.endsWith('Ms')) return 3000;
  if (!isMeasure(fact)) return sampleCount;
  const sum = [...fact].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  return (100 + sum) * 1e9;
}
