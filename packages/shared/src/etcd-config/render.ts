import { failure } from '../errors.ts';
import { type Keys, type SectionField, sectionKeys, topKeys, transportKeys } from './keys.ts';
import type { EtcdConfig } from './model.ts';

const mark = '# picket:etcd-config/';
const header = `${mark}1 Written by Picket, which overwrites changes made here: change the cluster's spec instead.`;

/** The longest conf.yml that is written or read, in UTF-8 bytes; fifty members with long names need a tenth. */
export const maxBytes = 65_536;

/**
 * The text of conf.yml, in a fixed order: the same text for the same configuration. `parse(render(x))` equals x.
 * It does not validate: the caller does that before it writes the file.
 *
 * @throws PicketError etcd_config_invalid for values that etcd's file cannot contain, such as a comma within a URL list.
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

/** Whether any version of Picket wrote this conf.yml. If not, join changes nothing (R13). */
export function isOurs(text: string): boolean {
  return text.startsWith(mark);
}

/**
 * The part of a configuration whose change needs a restart of etcd: equal keys need no restart. `initial-cluster*` is left
 * out, because etcd ignores it once its data directory holds a member. etcd reads certificates again at each handshake, so
 * only their paths count. A change in the CA files also needs a restart, and is not part of this key.
 */
export function restartKey(config: EtcdConfig): string {
  const { clientTls, peerTls } = config;
  const counted = topLines(config).filter((line) => !line.startsWith(`${topKeys.initialCluster.key}`));
  return [
    ...counted,
    JSON.stringify([clientTls, peerTls].map((files) => [files.certFile, files.keyFile, files.trustedCaFile])),
  ].join('\n');
}

type TopLevel = Omit<EtcdConfig, SectionField>;

function topLines(config: EtcdConfig): string[] {
  return linesOf<TopLevel>(topKeys, config);
}

function linesOf<Model>(keys: Keys<Model>, model: Model): string[] {
  return (Object.keys(keys) as (keyof Model)[]).flatMap((field) => lineOf(keys, model, field));
}

/** No line for an optional field that is left out. */
function lineOf<Model, Field extends keyof Model>(keys: Keys<Model>, model: Model, field: Field): string[] {
  const { key, codec } = keys[field];
  const value = model[field];
  return value === undefined ? [] : [`${key}: ${codec.write(key, value as Exclude<Model[Field], undefined>)}`];
}
