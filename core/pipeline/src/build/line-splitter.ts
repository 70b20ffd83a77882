import { StringDecoder } from 'node:string_decoder';
import { longestSecretLength, scrub } from '@slowlane/contracts';

const longestLine = 4_000;

export interface LineSplitter {
  /** Whole lines that the bytes complete: no colours, no control characters, no secrets, cut when too long. */
  push(bytes: Buffer): string[];
  /** What is left when the output has ended. */
  end(): string[];
}

/**
 * Makes lines of a program's output. Lines are scrubbed whole, so that a secret is masked also where two chunks meet; of a line without end
 * only the beginning is kept.
 */
export function createLineSplitter(): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let held = '';
  let dropped = 0;

  function take(text: string): string[] {
    const lines: string[] = [];
    for (let from = 0; ;) {
      const end = text.indexOf('\n', from);
      hold(text.slice(from, end < 0 ? undefined : end));
      if (end < 0) return lines;
      lines.push(flush());
      from = end + 1;
    }
  }
  function hold(text: string): void {
    // A secret that begins before the cut must be seen whole, or its head would be shown.
    const room = longestLine + longestSecretLength() - held.length;
    held += text.slice(0, Math.max(room, 0));
    dropped += Math.max(text.length - Math.max(room, 0), 0);
  }
  function flush(): string {
    const clean = scrub(lastOverprint(held).replace(titles, ''));
    const isCut = dropped > 0 || clean.length > longestLine;
    const line = isCut ? `${clean.slice(0, longestLine)} … [line cut]` : clean;
    held = '';
    dropped = 0;
    return line;
  }
  return {
    push: (bytes) => take(decoder.write(bytes)),
    end: () => {
      const rest = take(decoder.end());
      return held === '' && dropped === 0 ? rest : [...rest, flush()];
    },
  };
}

/** Terminal titles and links (OSC): their text would stay behind when only the control characters go. */
const titles = /\u001b\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)/g;

/** A progress bar prints over itself: its last state is the line. */
function lastOverprint(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
}
