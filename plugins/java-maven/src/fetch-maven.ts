/**
 * A Java program that fetches a Maven distribution from Maven Central through the gateway, checks a pinned SHA-256 and unpacks it below `/work/home`, once.
 * Java, because a JDK is the one tool that a Maven build has for certain.
 */
export const fetchMaven = String.raw`import java.io.InputStream;
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

class FetchMaven {
  public static void main(String[] args) throws Exception {
    String version = args[0];
    Path target = Path.of("/work/home/maven-" + version);
    if (Files.isDirectory(target)) return;
    Path zip = Files.createTempFile(Path.of("/work/home"), "maven", ".zip");
    String sha256 = download(version, zip);
    if (args.length > 1 && !args[1].equals(sha256)) {
      System.err.println("Maven " + version + ": sha256 is " + sha256 + ", the wrapper pins " + args[1]);
      System.exit(1);
    }
    Path unpacked = Files.createTempDirectory(Path.of("/work/home"), "maven");
    unpack(zip, unpacked);
    Files.delete(zip);
    Files.move(unpacked, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String download(String version, Path file) throws Exception {
    String name = "org/apache/maven/apache-maven/" + version + "/apache-maven-" + version + "-bin.zip";
    HttpURLConnection call = (HttpURLConnection) URI.create("http://127.0.0.1:3128/maven/" + name).toURL().openConnection();
    if (call.getResponseCode() != 200) {
      System.err.println("Could not fetch Maven " + version + ": HTTP " + call.getResponseCode() + " for " + name);
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
        }
      }
    }
  }
}
`;
