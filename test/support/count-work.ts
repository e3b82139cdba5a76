import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import type { Sent } from './work-of.ts';

const { module, name, calls, answer } = workerData as Sent;

/** What V8 answers: how often it entered each block of each function. */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

// V8 counts the blocks only of what it compiles from now on.
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
const characters = countCharacters();
const functions = (await import(module)) as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

answer.postMessage(
  calls.map((given) => {
    blocksEntered();
    const before = characters();
    functions[name]?.(...given);
    return characters() - before + blocksEntered();
  }),
);

/** Since the last time, in the sources of Picket. */
function blocksEntered(): number {
  let entered = 0;
  // A session of the same thread answers before `post` returns.
  session.post('Profiler.takePreciseCoverage', (_error, answer) => {
    const ours = (answer as unknown as Coverage).result.filter(({ url }) => /\/packages\/\w+\/src\//.test(url));
    const ranges = ours.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
    entered = ranges.reduce((sum, { count }) => sum + count, 0);
  });
  return entered;
}

/** From now on, how many characters the methods of strings and regular expressions have passed over or given back. */
function countCharacters(): () => number {
  let characters = 0;
  const { exec } = RegExp.prototype;
  const { slice, indexOf, lastIndexOf } = String.prototype;
  RegExp.prototype.exec = function (text) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const found = exec.call(this, text);
    if (found !== null) characters += found.index - from + found[0].length;
    else if (!this.sticky) characters += text.length - from;
    return found;
  };
  String.prototype.slice = function (from, to) {
    const cut = slice.call(this, from, to);
    characters += cut.length;
    return cut;
  };
  String.prototype.indexOf = function (what, from = 0) {
    const at = indexOf.call(this, what, from);
    characters += (at === -1 ? this.length : at) - from;
    return at;
  };
  String.prototype.lastIndexOf = function (what, from) {
    const at = lastIndexOf.call(this, what, from);
    characters += (from ?? this.length) - Math.max(at, 0);
    return at;
  };
  return () => characters;
}
