import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Test } from 'tap';
import type { AgentIo } from '../src/commands/io.ts';
import { runProgram } from '../src/commands/program.ts';
import { temporaryFolder } from './support.ts';

/** A command line of `picket-agent` on a machine of the test, with real files and real connections. */
export interface Terminal {
  readonly folder: string;
  readonly stateDir: string;
  readonly etcDir: string;
  readonly configFile: string;
  readonly etcdBinary: string;
  /** The output of the last command so far. */
  readonly said: { out: string; err: string };
  /** Writes agent.yml; a key that is null is left out. */
  configure(change: Readonly<Record<string, string | null>>): void;
  run(args: readonly string[], io?: Partial<AgentIo>): Promise<number>;
}

/** Its etcd is a script that prints `version`. */
export function terminal(t: Test, version = '3.5.16'): Terminal {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  const [configFile, stateDir, etcDir, etcdBinary] = [at('agent.yml'), at('picket'), at('etc'), at('etcd')];
  const said = { out: '', err: '' };
  mkdirSync(etcDir);
  writeFileSync(etcdBinary, `#!/bin/sh\necho "etcd Version: ${version}"\n`, { mode: 0o755 });
  function configure(change: Readonly<Record<string, string | null>>): void {
    const keys = { stateDir, etcDir, logFile: at('etcd.log'), etcdBinary, init: 'process', name: 'a', ...change };
    const lines = Object.entries(keys).filter(([, value]) => value !== null);
    writeFileSync(configFile, lines.map(([key, value]) => `${key}: ${value}\n`).join(''));
  }
  configure({});
  return {
    folder,
    stateDir,
    etcDir,
    configFile,
    etcdBinary,
    said,
    configure,
    run(args, change = {}) {
      said.out = '';
      said.err = '';
      const io: AgentIo = {
        stdout: { write: (text) => (said.out += text) },
        stderr: { write: (text) => (said.err += text) },
        stdin: Readable.from([]),
        env: {},
        uid: 1000,
        architecture: 'x64',
        random: () => 1,
        buildTime: 0,
        signal: AbortSignal.abort(),
        failpoint: () => {},
        ...change,
      };
      return runProgram([...args, '--config', configFile], io);
    },
  };
}

/** Everything below a folder: for each file its mode, its last change, and its content. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs, ctimeMs } = statSync(path);
    const held = entry.isSymbolicLink() ? readlinkSync(path) : entry.isFile() ? readFileSync(path, 'latin1') : '';
    return [path, `${mode.toString(8)} ${mtimeMs} ${ctimeMs} ${held}`] as const;
  });
  const { mode, mtimeMs } = statSync(folder);
  return Object.fromEntries([[folder, `${mode} ${mtimeMs}`], ...entries]);
}
