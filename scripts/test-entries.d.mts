export declare function testEntries(root: string, folder: string): Promise<readonly string[]>;
