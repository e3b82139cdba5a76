import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { init } from '../../src/commands/init.ts';
import type { Config } from '../../src/config/config.ts';

interface Made {
  readonly folder: string;
  readonly at: number;
}

/** Certificates that were made this long ago, in milliseconds, are as good as new ones. */
const asGoodAsNew = 60_000;

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let made: Promise<Made> | null = null;
let isCopied = false;

/**
 * What `init` makes, with this context file beside the data folder. Most of a short test's time went into that, so a test
 * that begins about now gets a copy of what was made once a minute. Two coordinators at the same time have nothing in common.
 */
export async function initialised(t: Test, config: Config, contextFile: string, at: number): Promise<void> {
  const folder = join(config.dataDir, '..');
  const isOld = made === null || Date.now() > (await made).at + asGoodAsNew;
  if (isOld) made = make(config, basename(contextFile));
  const first = await made;
  if (isCopied || first === null || at < first.at || at > first.at + asGoodAsNew) {
    await init({ config, operator: 'ada', contextFile, now: () => at });
    return;
  }
  isCopied = true;
  t.teardown(() => {
    isCopied = false;
  });
  cpSync(first.folder, folder, { recursive: true, preserveTimestamps: true });
}

async function make(config: Config, contextName: string): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), 'picket-initialised-'));
  folders.push(folder);
  // Before the caller looked at the clock: no coordinator issues before its last issuance.
  const at = Date.now() - 1000;
  const own = {
    ...config,
    dataDir: join(folder, basename(config.dataDir)),
    passphraseFile: join(folder, basename(config.passphraseFile)),
  };
  await init({ config: own, operator: 'ada', contextFile: join(folder, contextName), now: () => at });
  return { folder, at };
}
