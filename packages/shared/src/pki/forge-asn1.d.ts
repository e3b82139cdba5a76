/**
 * What Picket uses of node-forge's ASN.1 module. It is loaded alone because all of forge costs twenty times the
 * memory on a node, and declared here because the published types describe only the whole.
 */
declare module 'node-forge/lib/asn1.js' {
  export interface Asn1Node {
    readonly tagClass: number;
    readonly type: number;
    readonly constructed: boolean;
    /** Octets as a string of code units 0–255, or the children. */
    readonly value: string | readonly Asn1Node[];
  }

  interface Octets {
    getBytes(): string;
  }

  interface DecodeOptions {
    strict: boolean;
    parseAllBytes: boolean;
    decodeBitStrings: boolean;
    maxDepth: number;
  }

  interface Asn1 {
    create(tagClass: number, type: number, constructed: boolean, value: string | readonly Asn1Node[]): Asn1Node;
    fromDer(octets: string, options: DecodeOptions): Asn1Node;
    toDer(node: Asn1Node): Octets;
    oidToDer(oid: string): Octets;
    derToOid(octets: string): string;
  }

  const asn1: Asn1;
  export default asn1;
}
