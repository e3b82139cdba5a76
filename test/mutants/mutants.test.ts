import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { mutants } from './all.ts';
import type { Mutant } from './mutant.ts';
import { readingsOf } from './readings.ts';
import { findShape } from './shape.ts';
import { readSource, type Source } from './source.ts';
import { editOf } from './source-change.ts';
import { rewritten } from './splice.ts';
import { type Name, type Node, nameAt, type Placed, parse, placedIn, type Rename } from './syntax.ts';

// Whether each is caught is seen in ../long/mutants.test.ts.
const root = join(import.meta.dirname, '../..');
const sources = new Map<string, Source>();
for (const { file } of mutants) {
  if (!sources.has(file)) sources.set(file, readSource(await readFile(join(root, file), 'utf8')));
}

/** Mutants, each with its source. */
const sourced = mutants.map((mutant): readonly [Mutant, Source] => [mutant, sources.get(mutant.file) as Source]);

t.test('each mutant finds its guard, and is another program', (t) => {
  const wrong = sourced.flatMap(([mutant, source]) => {
    try {
      const changed = rewritten(source.text, [editOf(source, mutant)]);
      return parse(changed) === null || changed === source.text ? [`${mutant.id} makes no other program`] : [];
    } catch (error) {
      return [`${mutant.id} in ${mutant.file}: ${String(error)}`];
    }
  });
  t.strictSame(wrong, []);
  t.end();
});

t.test('the test file of each mutant exists', async (t) => {
  for (const caughtBy of new Set(mutants.map((mutant) => mutant.caughtBy))) {
    await t.resolves(access(join(root, caughtBy)), caughtBy);
  }
});

t.test('no mutant fails for a variable that its source does not have', (t) => {
  const known = new Map([...sources.values()].map((source) => [source, new Set(variablesIn(source.program))]));
  const wrong = sourced.flatMap(([{ id, guard, without, in: within = null }, source]) => {
    if (typeof guard !== 'string' || without === '') return [];
    const { reading } = findShape(source, guard, within);
    const { run } = readingsOf(without).find(({ way }) => way === reading.way) ?? reading;
    const defined = new Set(run.nodes.flatMap((node) => [...definedIn(node)]));
    const used = run.nodes.flatMap((node) => [...variablesIn(node, run)]);
    return (
      used
        .filter((name) => known.get(source)?.has(name) !== true && !defined.has(name))
        // A hole, or a name that nothing uses.
        .filter((name) => !/^[$_]/.test(name) && !(name in globalThis))
        .map((name) => `${id}: its source has no ${name}`)
    );
  });
  t.strictSame(wrong, []);
  t.end();
});

t.test('a mutant finds the same guard after a rename of a name in it, or of the function around it', (t) => {
  const wrong = sourced.flatMap(([{ id, guard, in: within = null }, source]) => {
    if (typeof guard !== 'string') return [];
    const { names, run } = findShape(source, guard, within);
    const inGuard = new Set([...names.keys()].map((key) => key.split(' ')[1] ?? ''));
    const renames = [...inGuard].flatMap((name) => [
      renameOf(name, 'variable'),
      renameOf(name, 'property'),
      renameOf(name, 'variable', 'property'),
    ]);
    if (within !== null) renames.push(renameOf(within, 'variable'));
    return renames.flatMap(({ what, rename }) => {
      try {
        const again = findShape(source, guard, within, rename);
        return again.run.nodes[0] === run.nodes[0] ? [] : [`${id} finds another place after a rename of ${what}`];
      } catch (error) {
        return [`${id} after a rename of ${what}: ${String(error)}`];
      }
    });
  });
  t.strictSame(wrong, []);
  t.end();
});

t.test('no two mutants have one id', (t) => {
  const ids = mutants.map(({ id }) => id);
  t.strictSame(ids, [...new Set(ids)]);
  t.end();
});

function renameOf(from: string, ...kinds: readonly Name['kind'][]): { readonly what: string; readonly rename: Rename } {
  const rename: Rename = ({ kind, name }) => (name === from && kinds.includes(kind) ? `${name}Renamed` : name);
  return { what: `the ${kinds.join(' and ')} ${from}`, rename };
}

/** The names of variables in a piece of code; types fail nothing. */
function* variablesIn(node: Node, place: Placed[0] = { parent: node, field: '' }): Generator<string> {
  if (node.type.startsWith('TS') && !/Expression$/.test(node.type)) return;
  const name = nameAt(place, node);
  if (name?.kind === 'variable') yield name.name;
  for (const [at, child] of placedIn(node)) yield* variablesIn(child, at);
}

/** The names that a piece of code defines itself. */
function* definedIn(node: Node, isDefinition = false): Generator<string> {
  if (isDefinition && node.type === 'Identifier') yield String(node.name);
  for (const [{ field }, child] of placedIn(node)) {
    const isPattern =
      /Pattern$|^RestElement$|^Property$/.test(node.type) && isDefinition && field !== 'right' && field !== 'key';
    yield* definedIn(child, field === 'params' || field === 'id' || isPattern);
  }
}
