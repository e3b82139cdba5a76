import { configKeys, defaultConfig } from '@picket/agent/config/config.ts';
import { ConfigFile, configDefaults } from '@picket/coordinator/config/config.ts';
import { makeSpec } from '@picket/coordinator/declaration/make-spec.ts';
import { WrittenDeclaration } from '@picket/shared/config/declaration.ts';
import { whyFixed } from '@picket/shared/config/fixed-settings.ts';
import { aligned } from './aligned.ts';
import { formOf, keysOf } from './configuration/form.ts';
import {
  agentMeanings,
  clusterMeanings,
  coordinatorMeanings,
  type Meaning,
  type Meanings,
} from './configuration/meanings.ts';

interface Row {
  readonly key: string;
  readonly value: string;
  readonly otherwise: string;
  readonly meaning: Meaning;
}

/** docs/reference/configuration.md: every key, from the schemas and defaults that the programs use. */
export function configurationDocument(): string {
  return `${[
    '# Configuration',
    '',
    'Every key of the three files that people write. All three are YAML. The programs refuse unknown keys and name the line.',
    '`npm run docs` makes this page from the schemas and the defaults in the code.',
    '',
    '## coordinator.yml',
    '',
    'The configuration of the coordinator, by default `/etc/picket/coordinator.yml`. `picket-coordinator init` writes one.',
    'Restart the coordinator after a change. [etc/coordinator.yml](../../etc/coordinator.yml) is an annotated example.',
    '',
    'A client that reaches one of the `limits` is answered 429 with the seconds to wait. No healthy agent or operator',
    'reaches one.',
    'See [Limits](limits.md).',
    '',
    ...table(coordinatorRows()),
    '',
    '## agent.yml',
    '',
    'The configuration of an agent, by default `/etc/picket/agent.yml`. The file need not exist. Restart the agent after a',
    'change. [etc/agent.yml](../../etc/agent.yml) is an annotated example.',
    '',
    ...table(agentRows()),
    '',
    '## Cluster declaration',
    '',
    'The file of `picket cluster apply` and `picket cluster diff`. `picket cluster export NAME` prints the file of a cluster.',
    '`picket cluster set NAME KEY=VALUE` takes the keys that can change later, except `members`. `POST /v1/clusters` takes the',
    'declaration as JSON, without `revision`.',
    '',
    'Keys that the file leaves out keep their value; in a new cluster they get their default.',
    '',
    ...table(clusterRows(), (key) => changeOf(key)),
  ].join('\n')}\n`;
}

function coordinatorRows(): Row[] {
  const keys = keysOf(ConfigFile);
  requireSameKeys(
    'coordinator.yml',
    keys.map(({ path }) => path),
    coordinatorMeanings,
  );
  return keys.map(({ path, schema }) => rowOf(path, coordinatorMeanings, formOf(schema), at(configDefaults, path)));
}

function agentRows(): Row[] {
  const keys = Object.entries(configKeys);
  requireSameKeys('agent.yml', Object.keys(configKeys), agentMeanings);
  return keys.map(([key, read]) => rowOf(key, agentMeanings, askedFor(read([])), at(defaultConfig, key)));
}

function clusterRows(): Row[] {
  const keys = keysOf(WrittenDeclaration);
  requireSameKeys(
    'a declaration',
    keys.map(({ path }) => path),
    clusterMeanings,
  );
  const members = [{ name: 'm-1', address: '192.0.2.1' }];
  const {
    name: _name,
    revision: _revision,
    domain: _domain,
    ...defaults
  } = makeSpec({
    name: 'sample',
    domain: 'example.net',
    members,
  });
  return keys.map(({ path, schema }) => rowOf(path, clusterMeanings, formOf(schema), at(defaults, path)));
}

/** What a reader of agent.yml says that it wants in the place of a list. */
function askedFor(read: { readonly value: unknown } | { readonly problem: string }): string {
  if (!('problem' in read)) throw new Error('a key of agent.yml that takes a list');
  return read.problem
    .replace(/^must be (a |an |one of )?/, '')
    .replace(
      /^whole number from (\d+) to (\d+)$/,
      (_, least, most) => `integer, ${least} to ${Number(most).toLocaleString('en-US')}`,
    )
    .replace(/^([a-z]+(?:, [a-z]+)+)$/, (words) =>
      words
        .split(', ')
        .map((word) => `\`${word}\``)
        .join(', '),
    );
}

function rowOf(key: string, meanings: Meanings, form: string, otherwise: unknown): Row {
  const meaning = meanings[key];
  if (meaning === undefined) throw new Error(`no meaning of ${key}`);
  const shown = otherwise === undefined || otherwise === null ? '' : shownDefault(otherwise);
  return { key, meaning, value: meaning.form ?? form, otherwise: meaning.otherwise ?? (shown === '' ? 'none' : shown) };
}

function shownDefault(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : `\`${value.join(', ')}\``;
  return `\`${String(value)}\``;
}

function at(value: object, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function requireSameKeys(file: string, keys: readonly string[], meanings: Meanings): void {
  const unknown = Object.keys(meanings).filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new Error(`${file} has no key ${unknown.join(', ')}`);
}

/** Whether a declared cluster takes another value, and what that costs. */
function changeOf(key: string): string {
  if (key === 'revision') return '';
  if (key === 'members[].address') return 'until a machine joins';
  const fixed =
    key === 'members[].name' || key === 'ports.client' || key === 'ports.peer' || whyFixed(key) !== undefined;
  if (fixed) return 'no';
  const restarts = key.startsWith('tuning.') || key.startsWith('ports.') || key.startsWith('etcd');
  return restarts ? 'yes, one restart each' : 'yes';
}

function table(rows: readonly Row[], change?: (key: string) => string): string[] {
  const head = ['key', 'value', 'default', 'unit', ...(change === undefined ? [] : ['change later']), 'meaning'];
  const lines = rows.map(({ key, value, otherwise, meaning: { unit = '', text } }) => [
    `\`${key}\``,
    value,
    otherwise,
    unit,
    ...(change === undefined ? [] : [change(key)]),
    text,
  ]);
  return aligned([head, ...lines]);
}
