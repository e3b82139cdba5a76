import { open } from 'node:fs/promises';

/** So many bytes of a file from there, less if it ends before. Rejects as the file system does. */
export async function readPart(path: string, offset: number, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
