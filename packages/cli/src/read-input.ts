/** The whole input, but not more than about `most` bytes. */
export async function readAll(input: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) break;
  }
  return Buffer.concat(chunks);
}

/** The first line of an input, trimmed; empty if the input is empty. */
export async function readLine(input: AsyncIterable<Uint8Array>, most = 1024): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\n') || text.length > most) break;
  }
  return text.split('\n', 1).join('').trim();
}
