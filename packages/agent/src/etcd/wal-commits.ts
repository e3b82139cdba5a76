const metadataType = 1;
const stateType = 3;
const crcType = 4;
const snapshotType = 5;
const frameHeaderBytes = 8;

/**
 * Whether the beginning of an etcd's first write-ahead log shows that nothing was ever committed in it: it begins as etcd
 * makes it, ends within these bytes, and tells of no commit. Then etcd has acknowledged nothing, and one that founds a
 * cluster never will: it takes the log for a member's that lived, finds no voter in it, and elects nobody for ever. A
 * power cut between the log's making and the first entry does that. Whatever cannot be read counts as a commit.
 *
 * The form is that of etcd's server/storage/wal (encoder.go, walpb/record.proto) and raftpb's HardState.
 */
export function nothingCommitted(head: Uint8Array): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const types: number[] = [];
  for (let offset = 0; ; ) {
    if (offset + frameHeaderBytes > bytes.length) return false;
    const frame = bytes.readBigUInt64LE(offset);
    // The file is set aside in full, and zero where nothing was written.
    if (frame === 0n) break;
    const padding = frame >> 63n === 1n ? Number((frame >> 56n) & 7n) : 0;
    const size = Number(frame & 0x00ff_ffff_ffff_ffffn);
    const from = offset + frameHeaderBytes;
    if (from + size + padding > bytes.length) return false;
    const record = fieldsOf(bytes.subarray(from, from + size));
    const type = record?.get(1);
    if (record === null || typeof type !== 'number') return false;
    types.push(type);
    if (type === stateType) {
      const data = record.get(3);
      const state = data instanceof Buffer ? fieldsOf(data) : null;
      if (state === null || (state.get(3) ?? 0) !== 0) return false;
    }
    offset = from + size + padding;
  }
  return types[0] === crcType && types[1] === metadataType && types[2] === snapshotType;
}

/** The last of each field of a protobuf message that has only whole numbers and bytes; null for any other. */
function fieldsOf(message: Buffer): Map<number, number | Buffer> | null {
  const fields = new Map<number, number | Buffer>();
  let offset = 0;

  function varint(): number | null {
    let value = 0;
    for (let factor = 1; offset < message.length; factor *= 128) {
      const byte = message[offset++] as number;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return null;
  }

  while (offset < message.length) {
    const key = varint();
    const value = key === null ? null : varint();
    if (key === null || value === null) return null;
    const [field, wire] = [Math.floor(key / 8), key % 8];
    if (wire === 0) fields.set(field, value);
    else if (wire === 2 && offset + value <= message.length) {
      fields.set(field, message.subarray(offset, offset + value));
      offset += value;
    } else return null;
  }
  return fields;
}
