const metadataType = 1;
const entryType = 2;
const crcType = 4;
const snapshotType = 5;
const frameHeaderBytes = 8;

/**
 * True if the beginning of an etcd's first write-ahead log shows that nothing was ever committed: the log begins as
 * etcd makes it, has at most entries after that, and is zero up to the end of these bytes. etcd writes its state with
 * its first entries; without that state it has acknowledged nothing. A power cut between making the log and the first
 * entry leaves such a log. A founder cannot recover from it: etcd takes the log for that of an old member, finds no
 * voter in it, and never elects a leader. Anything else, and anything unreadable, counts as a commit.
 *
 * The format is that of etcd's server/storage/wal (encoder.go, walpb/record.proto).
 */
export function nothingCommitted(head: Uint8Array): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const types: number[] = [];
  let offset = 0;
  for (;;) {
    if (offset + frameHeaderBytes > bytes.length) return false;
    const frame = bytes.readBigUInt64LE(offset);
    // etcd preallocates the file, and it is zero where nothing was written.
    if (frame === 0n) break;
    const padding = frame >> 63n === 1n ? Number((frame >> 56n) & 7n) : 0;
    const size = Number(frame & 0x00ff_ffff_ffff_ffffn);
    const from = offset + frameHeaderBytes;
    if (from + size + padding > bytes.length) return false;
    const record = fieldsOf(bytes.subarray(from, from + size));
    const type = record?.get(1);
    if (record === null || typeof type !== 'number') return false;
    if (type === snapshotType && !isOfNothing(record.get(3))) return false;
    types.push(type);
    offset = from + size + padding;
  }
  const [crc, metadata, snapshot, ...more] = types;
  const asMade = crc === crcType && metadata === metadataType && snapshot === snapshotType;
  return asMade && more.every((type) => type === entryType) && bytes.subarray(offset).every((byte) => byte === 0);
}

/** The snapshot of a new log has index 0; a learner got its snapshot from the leader. */
function isOfNothing(snapshot: number | Buffer | undefined): boolean {
  const fields = snapshot instanceof Buffer ? fieldsOf(snapshot) : null;
  return fields !== null && (fields.get(1) ?? 0) === 0;
}

/**
 * The last value of each field of a protobuf message that has only whole numbers and bytes; null for any other message.
 */
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
