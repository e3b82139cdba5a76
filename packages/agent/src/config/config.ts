import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { problemList, quote } from '@picket/shared/problems.ts';
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import type { HostFiles } from '../host/host.ts';
import type { Paths } from '../model/model.ts';
import type { AgentConfig } from './agent-config.ts';
import { type ConfigKey, configKeys } from './config-keys.ts';

export const defaultConfigPath = '/etc/picket/agent.yml';

export const defaultConfig: AgentConfig = {
  coordinator: null,
  name: null,
  stateDir: '/var/lib/picket',
  etcDir: '/etc/etcd',
  logFile: '/var/log/etcd/etcd.log',
  etcdBinary: null,
  init: 'auto',
  etcdUser: null,
  reportSeconds: null,
  logLevel: 'info',
};

/**
 * Reads agent.yml. Without `path` it reads the default file, which may be missing. Throws `agent_config_unreadable`,
 * `agent_config_invalid`, `path_not_readable`.
 */
export async function loadConfig(files: Pick<HostFiles, 'read'>, path?: string): Promise<AgentConfig> {
  const where = path ?? defaultConfigPath;
  const text = await files.read(where);
  if (text !== null) return parseConfig(text, where);
  if (path !== undefined) throw failure('agent_config_unreadable', { path });
  return defaultConfig;
}

/**
 * Strict: an unknown key, a wrong type or a doubled key is a problem. All problems are reported at once, each with its
 * line.
 */
export function parseConfig(text: string, path: string): AgentConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent', merge: false });
  const refuse = (problems: readonly string[]) =>
    failure('agent_config_invalid', { path, problems: problemList(problems) });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    throw refuse(broken.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`));
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return defaultConfig;
  if (!isMap(document.contents)) throw refuse(['it is not a list of keys and values, such as logLevel: info']);

  const problems: string[] = [];
  const config: AgentConfig = { ...defaultConfig, ...readKeys(document.contents, lines, problems) };
  if (problems.length > 0) throw refuse(problems);
  return config;
}

/**
 * Where Picket keeps its files on this machine. etcd's data is below the agent's state, so that both are on one disk
 * (R4).
 */
export function pathsOf(config: AgentConfig): Paths {
  const { etcDir, stateDir, logFile } = config;
  const profile = ownsMachine(config) ? '/etc/profile.d/etcdctl.sh' : join(etcDir, 'etcdctl.sh');
  return { etcDir, stateDir, dataRoot: join(stateDir, 'etcd'), logFile, profile };
}

/**
 * True if the agent is set up for the whole machine, in the system's own folders. Otherwise it is one of several, as in
 * the demo, and ignores any other etcd on the machine.
 */
export function ownsMachine({ etcDir, stateDir }: AgentConfig): boolean {
  return etcDir === defaultConfig.etcDir || stateDir === defaultConfig.stateDir;
}

function readKeys(map: YAMLMap, lines: LineCounter, problems: string[]): Partial<AgentConfig> {
  const read: Record<string, unknown> = {};
  const known = Object.keys(configKeys);
  for (const { key, value } of map.items) {
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
    const name = isScalar(key) ? String(key.value) : '';
    if (!isConfigKey(name)) {
      const meant = known.find(
        (word) =>
          word.toLowerCase() ===
          didYouMean(
            name,
            known.map((each) => each.toLowerCase()),
          ),
      );
      problems.push(
        `line ${line}: the key ${quote(name)} is unknown; ${meant === undefined ? 'remove it' : `did you mean ${meant}?`}`,
      );
      continue;
    }
    // An empty value asks for the default, as in the annotated sample.
    if (value === null || (isScalar(value) && value.value === null)) continue;
    const outcome = isScalar(value)
      ? configKeys[name](value.value)
      : { problem: 'must be a single value on the same line as its key' };
    if ('problem' in outcome) problems.push(`line ${line}: ${name} ${outcome.problem}`);
    else read[name] = outcome.value;
  }
  return read;
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(configKeys, name);
}
