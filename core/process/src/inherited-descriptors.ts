import { closeSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

/**
 * Open descriptors above 2 that a program started from here would inherit: those without close-on-exec. Node opens none
 * such itself, so they came from whoever started this process. A pool worker's IPC channel may be among them.
 */
export function inheritedDescriptors(): number[] {
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && isInheritable(descriptor));
}

/** Closes them. Only for a process's first lines, where nothing can have been given a use for one yet. */
export function closeInheritedDescriptors(): number[] {
  const found = inheritedDescriptors();
  for (const descriptor of found) closeSync(descriptor);
  return found;
}

function isInheritable(descriptor: number): boolean {
  let text: string;
  try {
    text = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  } catch {
    return false; // the one that listed the folder, closed since
  }
  const flags = /^flags:\s*([0-7]+)/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
}
