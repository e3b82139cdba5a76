import { type Codec, integer, text } from './codec.ts';
import type { LogRotation } from './model.ts';

const example = '{"maxsize":10,"maxage":0,"maxbackups":3,"localtime":false,"compress":true}';
const shape = /^\{"maxsize":(\d+),"maxage":0,"maxbackups":(\d+),"localtime":false,"compress":(true|false)\}$/;

/**
 * etcd's `log-rotation-config-json`: JSON in a string, in one spelling only. What the model does not contain is fixed: old
 * files are deleted by their number, never by their age, and their names contain the time in UTC.
 */
export const logRotation: Codec<LogRotation> = {
  write(key, { maxSize, maxBackups, compress }) {
    const [size, backups] = [maxSize, maxBackups].map((number) => integer.write(key, number));
    return `'{"maxsize":${size},"maxage":0,"maxbackups":${backups},"localtime":false,"compress":${compress}}'`;
  },
  read(scalar) {
    const json = text.read(scalar);
    if ('problem' in json) return json;
    const [, size = '', backups = '', compress] = shape.exec(json.value) ?? [];
    const maxSize = integer.read({ text: size, quoted: false });
    const maxBackups = integer.read({ text: backups, quoted: false });
    return 'value' in maxSize && 'value' in maxBackups
      ? { value: { maxSize: maxSize.value, maxBackups: maxBackups.value, compress: compress === 'true' } }
      : { problem: `must be of the form ${example}` };
  },
};
