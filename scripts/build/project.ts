import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The workspace's folder. */
export const root = join(import.meta.dirname, '../..');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };

/** The version of everything that is built: package.json's. A test holds the other places to it. */
export const version = manifest.version;
