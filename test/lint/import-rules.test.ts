import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

interface Probe {
  rule: string;
  /** Where the code stands. */
  at: string;
  /** Code that breaks the rule, each line of it once. */
  breaks: string[];
  /** What the linter says of each. */
  message: RegExp;
  /** The nearest code that keeps it, and where, unless at the same place. */
  keeps: { at?: string; code: string[] };
}

const imports = (...names: string[]) => names.map((name) => `import '${name}';`);
const pureFolders = [
  'packages/coordinator/src/controller/probe.ts',
  'packages/coordinator/src/conditions/probe.ts',
  'packages/coordinator/src/desired-state/probe.ts',
  'packages/coordinator/src/status/probe.ts',
  'packages/shared/src/etcd-config/probe.ts',
  'packages/shared/src/problems/probe.ts',
  'packages/agent/src/model/probe.ts',
  'packages/agent/src/reconcile/plan/plan.ts',
  'packages/agent/src/reconcile/plan/etcd/probe.ts',
];

const probes: Probe[] = [
  {
    rule: 'shared imports no app',
    at: 'packages/shared/src/probe.ts',
    breaks: imports('@picket/agent/x.ts', '@picket/coordinator/x.ts', '@picket/cli/x.ts', '../../agent/src/x.ts'),
    message: /shared never imports (agent|coordinator|cli)/,
    keeps: { code: imports('./names.ts', 'typebox') },
  },
  {
    rule: 'the agent imports neither the coordinator nor the cli',
    at: 'packages/agent/src/probe.ts',
    breaks: imports('@picket/coordinator/x.ts', '@picket/cli/x.ts', '../../coordinator/src/x.ts', '../../cli/src/x.ts'),
    message: /agent never imports (coordinator|cli)/,
    keeps: { code: imports('@picket/shared/errors.ts', './reconcile/plan.ts') },
  },
  {
    rule: 'the coordinator imports neither the agent nor the cli',
    at: 'packages/coordinator/src/probe.ts',
    breaks: imports('@picket/agent/x.ts', '@picket/cli/x.ts', '../../agent/src/x.ts', '../../cli/src/x.ts'),
    message: /coordinator never imports (agent|cli)/,
    keeps: { code: imports('@picket/shared/errors.ts', './api/join.ts') },
  },
  {
    rule: 'the cli imports shared only',
    at: 'packages/cli/src/probe.ts',
    breaks: imports('@picket/agent/x.ts', '@picket/coordinator/x.ts', '../../agent/src/x.ts'),
    message: /cli never imports (agent|coordinator)/,
    keeps: { code: imports('@picket/shared/errors.ts') },
  },
  ...['packages/agent/src/probe.ts', 'packages/coordinator/src/inventory/probe.ts', 'packages/cli/src/probe.ts'].map(
    (at): Probe => ({
      rule: 'shared is imported by its name',
      at,
      breaks: imports('../../shared/src/errors.ts'),
      message: /by its name/,
      keeps: { code: imports('@picket/shared/errors.ts') },
    }),
  ),
  ...[
    'packages/shared/src/protocol/probe.ts',
    'packages/agent/src/probe.ts',
    'packages/agent/src/etcd/probe.ts',
    'packages/coordinator/src/authority/probe.ts',
    'packages/coordinator/src/inventory/probe.ts',
    'packages/cli/src/coordinator-client.ts',
    'packages/shared/src/etcd-config/probe.ts',
    'packages/shared/src/problems/probe.ts',
  ].map(
    (at): Probe => ({
      rule: 'node-forge lives in shared/pki',
      at,
      breaks: imports('node-forge', 'node-forge/lib/asn1.js'),
      message: /node-forge lives in packages\/shared\/src\/pki only/,
      keeps: { at: 'packages/shared/src/pki/probe.ts', code: imports('node-forge', 'node-forge/lib/asn1.js') },
    }),
  ),
  ...['packages/coordinator/src/api/probe.ts', 'packages/shared/src/pki/probe.ts', 'packages/agent/src/probe.ts'].map(
    (at): Probe => ({
      rule: 'SQL lives in the inventory',
      at,
      breaks: [...imports('kysely', 'kysely/helpers/sqlite', 'better-sqlite3'), "await import('better-sqlite3');"],
      message: /SQL lives in packages\/coordinator\/src\/inventory only/,
      keeps: { at: 'packages/coordinator/src/inventory/nodes.ts', code: imports('kysely', 'better-sqlite3') },
    }),
  ),
  ...[
    ['packages/agent/src/coordinator/probe.ts', 'packages/agent/src/http/connection.ts'],
    ['packages/agent/src/etcd/probe.ts', 'packages/agent/src/http/connection.ts'],
    ['packages/cli/src/commands/probe.ts', 'packages/cli/src/coordinator-client.ts'],
    ['packages/coordinator/src/api/probe.ts', 'packages/coordinator/src/releases/mirror.ts'],
  ].map(
    ([at = '', allowed = '']): Probe => ({
      rule: 'undici lives in the clients',
      at,
      breaks: imports('undici', 'undici/lib/dispatcher/client.js'),
      message: /undici lives in/,
      keeps: { at: allowed, code: imports('undici') },
    }),
  ),
  ...pureFolders.flatMap((at): Probe[] => [
    {
      rule: 'pure code imports no I/O',
      at,
      breaks: [
        ...imports('node:fs', 'node:timers/promises', 'undici', 'pino', 'fastify', 'kysely', 'better-sqlite3'),
        "export * from 'node:net';",
        "await import('node:child_process');",
      ],
      message: /This folder is pure/,
      keeps: { code: imports('ipaddr.js', 'yaml', '../names.ts') },
    },
    {
      rule: 'pure code imports no builtin by its old name either',
      at,
      breaks: imports('fs', 'net'),
      message: /node:/,
      keeps: { code: imports('typebox') },
    },
    {
      rule: 'pure code takes the time as an argument',
      at,
      breaks: ['new Date(0);', 'Date.parse("x");', 'performance.now();'],
      message: /global variable (Date|performance)/,
      keeps: { code: ['export const age = (now: number, then: number) => now - then;'] },
    },
    {
      rule: 'pure code does nothing but compute',
      at,
      breaks: [
        ...['setTimeout(() => {}, 1);', 'setInterval(() => {}, 1);', 'setImmediate(() => {});', 'fetch("x");'],
        ...['process.pid;', 'console.log(1);', 'crypto.randomUUID();', 'globalThis.process;'],
      ],
      message: /global variable/,
      keeps: { code: ['export const sum = Math.max(1, 2);'] },
    },
    {
      rule: 'pure code takes random values as an argument',
      at,
      breaks: ['export const a = Math.random();', 'export const b = Math.random;'],
      message: /take random values as an argument/,
      keeps: { code: ['export const a = Math.floor(1.5);'] },
    },
  ]),
  ...[
    ['packages/agent/src/observe/probe.ts', 'packages/agent/src/host/clock.ts'],
    ['packages/coordinator/src/api/probe.ts', 'packages/coordinator/src/main.ts'],
    ['packages/cli/src/probe.ts', 'packages/cli/src/main.ts'],
    ['packages/shared/src/pki/probe.ts', 'packages/coordinator/src/clock.ts'],
  ].map(
    ([at = '', allowed = '']): Probe => ({
      rule: 'the clock and the exit are injected',
      at,
      breaks: ['export const now = Date.now();', 'export const date = new Date();', 'process.exit(1);'],
      message: /The clock and the exit are injected/,
      keeps: { at: allowed, code: ['export const now = Date.now();', 'process.exit(0);'] },
    }),
  ),
  {
    rule: 'a given date may be parsed',
    at: 'packages/shared/src/pki/probe.ts',
    breaks: ['export const date = new Date();'],
    message: /The clock and the exit are injected/,
    keeps: { code: ['export const date = (text: string) => new Date(text);', 'export const epoch = new Date(0);'] },
  },
  {
    rule: 'there is no any',
    at: 'packages/shared/src/probe.ts',
    breaks: ['export const a: any = 1;'],
    message: /any/,
    keeps: { code: ['export const a: unknown = 1;'] },
  },
];

interface Piece {
  at: string;
  code: string;
}

interface Finding {
  severity: string;
  message: string;
  category: string;
}

/** What biome says of each piece of code where it stands at its path. */
async function lint(pieces: Piece[]): Promise<Finding[][]> {
  const found: Finding[][] = [];
  for (const round of roundsOfDistinctPaths(pieces)) {
    const findings = await lintTogether(round.map(({ piece }) => piece));
    for (const { piece, index } of round) found[index] = findings.get(piece.at) ?? [];
  }
  return found;
}

function roundsOfDistinctPaths(pieces: Piece[]): { piece: Piece; index: number }[][] {
  const rounds: { piece: Piece; index: number }[][] = [];
  const used = new Map<string, number>();
  for (const [index, piece] of pieces.entries()) {
    const round = used.get(piece.at) ?? 0;
    used.set(piece.at, round + 1);
    rounds[round] ??= [];
    rounds[round].push({ piece, index });
  }
  return rounds;
}

async function lintTogether(pieces: Piece[]): Promise<Map<string, Finding[]>> {
  const workspace = await mkdtemp(join(tmpdir(), 'picket-lint-'));
  try {
    for (const path of ['biome.json', '.gitignore', 'scripts/lint']) {
      await cp(join(root, path), join(workspace, path), { recursive: true });
    }
    for (const { at, code } of pieces) {
      await mkdir(dirname(join(workspace, at)), { recursive: true });
      await writeFile(join(workspace, at), `${code}\ndebugger;\n`);
    }
    const args = ['lint', '--reporter=json', '--max-diagnostics=none', 'packages'];
    const biome = run(join(root, 'node_modules/.bin/biome'), args, { cwd: workspace });
    const { stdout } = await biome.catch((error: { stdout: string }) => error);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: (Finding & { location: { path: string } })[] };
    const findings = Map.groupBy(diagnostics, ({ location }) => location.path);
    for (const { at } of pieces) {
      // Each piece ends in something that is always refused: without it the linter has not looked at the piece at all.
      const others = (findings.get(at) ?? []).filter(({ category }) => category !== 'lint/suspicious/noDebugger');
      if (others.length === (findings.get(at) ?? []).length) throw new Error(`biome did not look at ${at}`);
      findings.set(at, others);
    }
    return findings;
  } finally {
    await rm(workspace, { recursive: true });
  }
}

t.test('each line that breaks a rule is refused, with the rule’s own words', async (t) => {
  const pieces = probes.flatMap((probe) => probe.breaks.map((code) => ({ ...probe, code })));
  const found = await lint(pieces);
  for (const [index, { rule, at, code, message }] of pieces.entries()) {
    const errors = (found[index] ?? []).filter(({ severity }) => severity === 'error');
    t.ok(
      errors.some((finding) => message.test(finding.message)),
      `${rule}: ${code} in ${at}`,
      { found: found[index] },
    );
  }
});

t.test('what keeps the rules passes', async (t) => {
  const pieces = probes.map(({ rule, at, keeps }) => ({ rule, at: keeps.at ?? at, code: keeps.code.join('\n') }));
  const found = await lint(pieces);
  for (const [index, { rule, at }] of pieces.entries()) t.same(found[index], [], `${rule}: ${at}`);
});
