import { constants, fchownSync, fstatSync, openSync, closeSync, renameSync, writeSync } from 'node:fs';

export interface Record {
  stdout: number;
  stderr: number;
  /** A JSON file, complete as soon as it can be seen. */
  write(name: string, value: unknown): void;
}

/**
 * The files of a supervised run, in a folder that is the caller's: so it is held by descriptor, nothing that is there is
 * followed or overwritten, and each file is given to the caller.
 */
export function openRecord(folder: string, caller: { uid: number; gid: number }): Record {
  const held = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const owner = fstatSync(held).uid;
  if (owner !== caller.uid) throw new Error(`${folder} belongs to uid ${owner}, not to the caller ${caller.uid}`);
  const place = `/proc/self/fd/${held}`;
  const create = (name: string): number => {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_NOFOLLOW;
    const descriptor = openSync(`${place}/${name}`, flags, 0o640);
    fchownSync(descriptor, caller.uid, caller.gid);
    return descriptor;
  };
  return {
    stdout: create('stdout'),
    stderr: create('stderr'),
    write: (name, value) => {
      const descriptor = create(`${name}.part`);
      writeSync(descriptor, JSON.stringify(value));
      closeSync(descriptor);
      renameSync(`${place}/${name}.part`, `${place}/${name}`);
    },
  };
}
