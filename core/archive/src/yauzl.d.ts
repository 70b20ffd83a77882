/** The part of yauzl 3.4 that we use; the package brings no types. */
declare module 'yauzl' {
  export interface Entry {
    fileName: string;
    compressedSize: number;
    uncompressedSize: number;
    crc32: number;
    compressionMethod: number;
    generalPurposeBitFlag: number;
    externalFileAttributes: number;
  }
  export interface ZipFile {
    entryCount: number;
    readEntry(): void;
    on(event: 'entry', listener: (entry: Entry) => void): void;
    on(event: 'end', listener: () => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
    readLocalFileHeaderPromise(entry: Entry, options: { minimal: true }): Promise<{ fileDataStart: number }>;
    openReadStreamPromise(entry: Entry): Promise<import('node:stream').Readable>;
    close(): void;
  }
  export interface Options {
    lazyEntries: true;
    autoClose: false;
    decodeStrings?: boolean;
    validateEntrySizes?: boolean;
    strictFileNames?: boolean;
  }
  export function openPromise(path: string, options: Options): Promise<ZipFile>;
  export function fromBufferPromise(bytes: Buffer, options: Options): Promise<ZipFile>;
}
