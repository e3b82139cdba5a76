import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './project.ts';
import { sqliteFolder } from './sqlite.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The licences of all packages that were bundled, which ask to be passed on with every copy.
 *
 * @param inputs the bundled files, from the workspace's folder on
 */
export async function thirdPartyLicences(inputs: readonly string[]): Promise<string> {
  const folders = new Set([sqliteFolder]);
  for (const input of inputs) {
    const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) folders.add(join(root, folder));
  }
  const parts = new Map<string, string>();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    const file = (await readdir(folder)).find((entry) => /^(?:licen[cs]e|copying)(?:\.(?:md|txt))?$/i.test(entry));
    const text =
      file === undefined ? '' : `\n${withoutApache(chosen(await readFile(join(folder, file), 'utf8'))).trim()}\n`;
    parts.set(`${name} ${version}`, `${name} ${version} (${license ?? 'see below'})\n${text}`);
  }
  const sorted = [...parts.keys()].sort().map((key) => parts.get(key));
  return `Picket's files hold these packages, each under its own licence.\n\n${sorted.join(`\n${'-'.repeat(78)}\n\n`)}`;
}

/** Picket has that licence too, and its text is beside it: once is enough, and all that Debian allows. */
function withoutApache(text: string): string {
  if (!text.includes('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION')) return text;
  const holders = text.match(/^ *Copyright \d.*$/gm) ?? [];
  return [...holders.map((line) => line.trim()), 'Under the Apache License, Version 2.0, as Picket itself.'].join('\n');
}

/** node-forge may be used under its BSD licence or under the GPL, which follows it; here it is the first. */
function chosen(text: string): string {
  return text.split(/^ *GNU GENERAL PUBLIC LICENSE/m)[0] ?? '';
}
