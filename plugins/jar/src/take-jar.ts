/**
 * A Java program of three commands. `fetch PATH FILE` takes a file from the gateway; `take FOLDER PATTERN TARGET [SHA256]` finds the one JAR
 * below a folder whose name fits, holds it against a digest, and brings it to where the artifact is collected; `dearmor KEYS FILE` writes public
 * keys in the form that gpgv reads.
 */
export const takeJar = String.raw`import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

class TakeJar {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("fetch")) fetch(args[1], Path.of(args[2]));
    else if (args[0].equals("dearmor")) dearmor(Path.of(args[1]), Path.of(args[2]));
    else take(Path.of(args[1]), args[2], Path.of(args[3]), args.length > 4 ? args[4] : null);
  }

  private static void fetch(String path, Path file) throws Exception {
    HttpURLConnection call = (HttpURLConnection) URI.create("http://127.0.0.1:3128/" + path).toURL().openConnection();
    if (call.getResponseCode() != 200) fail("Could not fetch it: HTTP " + call.getResponseCode() + " for /" + path);
    Files.createDirectories(file.getParent());
    Path partly = Files.createTempFile(file.getParent(), "fetch", ".part");
    try (InputStream bytes = call.getInputStream()) {
      Files.copy(bytes, partly, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.move(partly, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void take(Path folder, String pattern, Path target, String pinned) throws Exception {
    List<Path> found = List.of();
    if (Files.isDirectory(folder))
      try (Stream<Path> files = Files.walk(folder)) {
        found = files.filter(file -> file.getFileName().toString().matches(pattern)).sorted().toList();
      }
    if (found.isEmpty()) fail("The JAR has not been fetched yet: nothing in " + folder);
    if (found.size() > 1) fail("Several JARs fit: " + found);
    Path jar = found.get(0);
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar)));
    if (pinned != null && !pinned.equalsIgnoreCase(sha256)) fail(jar.getFileName() + ": sha256 is " + sha256 + ", the project pins " + pinned);
    Files.createDirectories(target);
    Files.copy(jar, target.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    // Among its libraries it would be collected twice; in the cache it stays for the next build.
    if (folder.startsWith("/work/out")) Files.delete(jar);
    System.out.println(jar.getFileName() + " sha256:" + sha256 + (pinned == null ? " (not pinned: as first served)" : " (as pinned)"));
  }

  /** RFC 9580, section 6.2: header lines, an empty line, base64, and a checksum that begins with "=". */
  private static void dearmor(Path keys, Path file) throws Exception {
    if (!Files.isRegularFile(keys)) fail("The project has no " + keys.getFileName() + " with public keys");
    byte[] bytes = Files.readAllBytes(keys);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (text.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (String block : text.split("-----BEGIN PGP PUBLIC KEY BLOCK-----", -1)) {
        int end = block.indexOf("-----END PGP PUBLIC KEY BLOCK-----");
        if (end < 0) continue;
        String body = block.substring(0, end).replace("\r", "").replaceFirst("(?s)^\n?.*?\n\n", "").replaceFirst("(?m)^=.*$", "");
        all.write(Base64.getMimeDecoder().decode(body));
      }
      bytes = all.toByteArray();
    }
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  private static void fail(String message) {
    System.err.println(message);
    System.exit(1);
  }
}
`;
