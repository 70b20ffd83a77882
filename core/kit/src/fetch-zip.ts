import type { PlanStep } from '@slowlane/contracts';

const program = 'home/FetchZip.java';

/** The file that `fetchZipStep` runs; belongs to the files of the same plan. */
export const fetchZipFile = { path: program, content: source() };

/**
 * A resolve step that fetches the zip of a build tool through the gateway and unpacks it below `/work/home`, once.
 *
 * `tool`: for messages, `Maven 3.9.16`. `path`: gateway path without its first slash, `maven/org/…-bin.zip`. `folder`: name below `/work/home`;
 * the one folder that such zips hold is left out. `sha256`: what the project pins, in hex.
 */
export function fetchZipStep(step: {
  name: string;
  tool: string;
  path: string;
  folder: string;
  sha256: string | undefined;
  env: Record<string, string>;
}): Omit<PlanStep, 'cwd'> {
  const { name, tool, path, folder, sha256, env } = step;
  return {
    name,
    phase: 'resolve',
    argv: ['java', `/work/${program}`, tool, path, folder, ...(sha256 === undefined ? [] : [sha256])],
    env,
    missPatterns: [],
    failurePatterns: [
      { pattern: 'HTTP 403', code: 'build.egress-denied' },
      { pattern: 'Could not fetch|sha256 is', code: 'build.dependency' },
    ],
  };
}

/** Java, because a JDK is the one tool that such a build has for certain. */
function source(): string {
  return String.raw`import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

class FetchZip {
  public static void main(String[] args) throws Exception {
    String tool = args[0];
    Path home = Path.of("/work/home");
    Path target = home.resolve(args[2]);
    if (Files.isDirectory(target)) return;
    Path zip = Files.createTempFile(home, "fetch", ".zip");
    String sha256 = download(tool, args[1], zip);
    if (args.length > 3 && !args[3].equals(sha256)) {
      System.err.println(tool + ": sha256 is " + sha256 + ", the wrapper pins " + args[3]);
      System.exit(1);
    }
    Path unpacked = Files.createTempDirectory(home, "fetch");
    unpack(zip, unpacked);
    Files.delete(zip);
    Files.move(unpacked, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String download(String tool, String path, Path file) throws Exception {
    HttpURLConnection call = (HttpURLConnection) URI.create("http://127.0.0.1:3128/" + path).toURL().openConnection();
    if (call.getResponseCode() != 200) {
      System.err.println("Could not fetch " + tool + ": HTTP " + call.getResponseCode() + " for /" + path);
      System.exit(1);
    }
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream bytes = new DigestInputStream(call.getInputStream(), digest)) {
      Files.copy(bytes, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void unpack(Path zip, Path target) throws Exception {
    try (ZipInputStream entries = new ZipInputStream(Files.newInputStream(zip))) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        String inside = entry.getName().replaceFirst("^[^/]*/", "");
        Path file = target.resolve(inside).normalize();
        if (inside.isEmpty() || !file.startsWith(target)) continue;
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else {
          Files.createDirectories(file.getParent());
          Files.copy(entries, file, StandardCopyOption.REPLACE_EXISTING);
          // Zip entries read as a stream do not say who may run them.
          if (inside.startsWith("bin/")) file.toFile().setExecutable(true);
        }
      }
    }
  }
}
`;
}
