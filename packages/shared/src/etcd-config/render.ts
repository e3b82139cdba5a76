import { failure } from '../errors.ts';
import { type Keys, type SectionField, sectionKeys, topKeys, transportKeys } from './keys.ts';
import type { EtcdConfig } from './model.ts';

const mark = '# picket:etcd-config/';
const header = `${mark}1 Written by Picket, which overwrites changes made here: change the cluster's spec instead.`;

/** The longest conf.yml that is written or read, in UTF-8 bytes; fifty members with long names need a tenth. */
export const maxBytes = 65_536;

/**
 * The text of conf.yml, in one order, the same for the same configuration. `parse(render(x))` equals x.
 * It does not validate: whoever writes the file does that before.
 *
 * @throws PicketError etcd_config_invalid for what etcd's file cannot hold, such as a comma within a URL list.
 */
export function render(config: EtcdConfig): string {
  const lines = [header, ...topLines(config)];
  for (const field of Object.keys(sectionKeys) as SectionField[]) {
    const security = linesOf(transportKeys, { ...config[field], clientCertAuth: true });
    lines.push(`${sectionKeys[field]}:`, ...security.map((line) => `  ${line}`));
  }
  const text = `${lines.join('\n')}\n`;
  if (text.length > maxBytes) {
    throw failure('etcd_config_invalid', {
      problems: `the file would be larger than ${maxBytes} bytes; shorten its values`,
    });
  }
  return text;
}

/** Whether Picket wrote this conf.yml, this version of it or another; where it did not, join touches nothing (R13). */
export function isOurs(text: string): boolean {
  return text.startsWith(mark);
}

/**
 * What of a configuration needs etcd to restart when it changes; equal keys need none. `initial-cluster*` is
 * left out, since etcd ignores it once its data dir holds a member. Certificates are read again at each
 * handshake, so only their paths count; what the CA files hold needs a restart too, and is not in here.
 */
export function restartKey(config: EtcdConfig): string {
  const { clientTls, peerTls } = config;
  const counted = topLines(config).filter((line) => !line.startsWith(`${topKeys.initialCluster.key}`));
  return [
    ...counted,
    JSON.stringify([clientTls, peerTls].map((files) => [files.certFile, files.keyFile, files.trustedCaFile])),
  ].join('\n');
}

function topLines(config: EtcdConfig): string[] {
  return linesOf(topKeys, config);
}

function linesOf<Model>(keys: Keys<Model>, model: Model): string[] {
  return (Object.keys(keys) as (keyof Model)[]).map((field) => lineOf(keys, model, field));
}

function lineOf<Model, Field extends keyof Model>(keys: Keys<Model>, model: Model, field: Field): string {
  const { key, codec } = keys[field];
  return `${key}: ${codec.write(key, model[field])}`;
}
