import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { must } from './must.ts';
import { isRootless } from './rootless.ts';

/** A writable folder with a limit of bytes and inodes that nothing inside can pass. */
export interface WorkVolume {
  /** Mount point, 0700 and the slot's. */
  readonly folder: string;
  /** The image behind it; absent where it is a tmpfs. */
  readonly image?: string;
}

export interface VolumeRequest {
  folder: string;
  image: string;
  bytes: number;
  inodes: number;
  owner: { uid: number; gid: number };
  /** Image to start from; absent = empty. */
  from?: string | undefined;
}

/** Makes volumes: a sparse ext4 image on a loop device, or a tmpfs on machines without loop devices. */
export interface VolumeMaker {
  make(request: VolumeRequest): Promise<WorkVolume>;
}

export function volumeMaker(
  templates: string,
  hasLoop = existsSync('/dev/loop-control') && !isRootless(),
): VolumeMaker {
  const pending = new Map<string, Promise<string>>();
  const template = (bytes: number, inodes: number): Promise<string> => {
    const key = `${bytes}-${inodes}`;
    const made = pending.get(key) ?? makeTemplate(`${templates}/${key}.img`, bytes, inodes);
    pending.set(key, made);
    made.catch(() => pending.delete(key));
    return made;
  };
  return {
    async make(request) {
      mkdirSync(request.folder, { recursive: true, mode: 0o700 });
      if (!hasLoop) return makeTmpfs(request);
      await copyImage(request.from ?? (await template(request.bytes, request.inodes)), request.image);
      await mountImage(request.image, request.folder);
      await giveTo(request);
      return { folder: request.folder, image: request.image };
    },
  };
}

/** Sparse copies: only what was written to takes room and time. */
export async function copyImage(from: string, to: string): Promise<void> {
  const part = `${to}.${randomUUID()}.part`;
  await must(['/bin/cp', '--sparse=always', '--reflink=auto', '--', from, part]);
  renameSync(part, to);
}

export async function mountImage(image: string, folder: string): Promise<void> {
  // No journal and no barriers: a volume does not outlive the machine's power, a snapshot is synced by its unmount.
  await must(['/bin/mount', '-t', 'ext4', '-o', 'loop,nosuid,nodev,noatime,nobarrier', '--', image, folder]);
}

/** `lazily` for a volume that is thrown away: a real unmount first writes everything back, which took a second. */
export async function unmount(folder: string, how: 'lazily' | 'synced' = 'lazily'): Promise<void> {
  // Not left to the unmount: a mount namespace that is still on its way out would keep the file system, and its dirty pages.
  if (how === 'synced') await must(['/bin/sync', '--file-system', '--', folder]);
  await must(['/bin/umount', ...(how === 'lazily' ? ['-l'] : []), '--', folder]);
}

async function makeTemplate(file: string, bytes: number, inodes: number): Promise<string> {
  if (existsSync(file)) return file;
  const part = `${file}.part`;
  closeSync(openSync(part, 'w', 0o600));
  truncateSync(part, bytes);
  const features = ['-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', '-m', '0', '-N', String(inodes)];
  await must(['/usr/sbin/mkfs.ext4', '-q', '-F', ...features, '--', part]);
  renameSync(part, file);
  return file;
}

async function makeTmpfs(request: VolumeRequest): Promise<WorkVolume> {
  const options = `size=${request.bytes},nr_inodes=${request.inodes},mode=0700,nosuid,nodev`;
  await must(['/bin/mount', '-t', 'tmpfs', '-o', options, '--', 'tmpfs', request.folder]);
  chownSync(request.folder, request.owner.uid, request.owner.gid);
  return { folder: request.folder };
}

async function giveTo(request: VolumeRequest): Promise<void> {
  const { uid, gid } = request.owner;
  if (request.from === undefined) {
    rmSync(`${request.folder}/lost+found`, { recursive: true, force: true });
    chownSync(request.folder, uid, gid);
    chmodSync(request.folder, 0o700);
    return;
  }
  // All files of a volume have the owner of its top folder.
  const before = statSync(request.folder);
  if (before.uid !== uid || before.gid !== gid)
    await must(['/bin/chown', '-hR', `${uid}:${gid}`, '--', request.folder]);
}
