import com.databricks.sdk.WorkspaceClient;
import com.databricks.sdk.core.DatabricksConfig;
import com.databricks.sdk.core.DatabricksError;
import com.databricks.sdk.core.error.platform.NotFound;
import com.databricks.sdk.core.utils.SerDeUtils;
import com.databricks.sdk.service.iam.MeRequest;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Drives the Java SDK: reads calls as lines of JSON, answers each with one line. A call is named as the Python SDK names it. */
public class JavaClient {
  private static final ObjectMapper MAPPER = SerDeUtils.createMapper();
  private static WorkspaceClient client;

  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    client = new WorkspaceClient(
        new DatabricksConfig().setHost(System.getenv("DATABRICKS_HOST")).setToken(System.getenv("DATABRICKS_TOKEN")));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) out.println(answer(line));
  }

  private static String answer(String line) throws Exception {
    ObjectNode answer = MAPPER.createObjectNode();
    try {
      answer.set("body", call(MAPPER.readTree(line)));
    } catch (InvocationTargetException wrapped) {
      fail(answer, wrapped.getCause());
    } catch (Exception error) {
      fail(answer, error);
    }
    return MAPPER.writeValueAsString(answer);
  }

  private static void fail(ObjectNode answer, Throwable error) {
    answer.set("body", MAPPER.createObjectNode());
    ObjectNode shown = answer.putObject("error");
    shown.put("message", error instanceof DatabricksError ? error.getMessage() : error.toString());
    shown.put("isMissing", error instanceof NotFound);
    if (!(error instanceof DatabricksError)) return;
    shown.put("code", ((DatabricksError) error).getErrorCode());
    shown.put("status", ((DatabricksError) error).getStatusCode());
  }

  private static JsonNode call(JsonNode request) throws Exception {
    ObjectNode given = (ObjectNode) request.get("with");
    String[] name = request.get("call").asText().split("\\.");
    if (name[0].equals("principal")) return MAPPER.valueToTree(asPrincipal(given).currentUser().me(new MeRequest()));
    Object service = WorkspaceClient.class.getMethod(camel(name[0])).invoke(client);
    JsonNode contents = given.remove("contents");
    JsonNode times = given.remove("contents_times");
    JsonNode encoded = given.remove("contents_base64");
    Method method = methodOf(service, camel(name[1]));
    Object result;
    if (method.getParameterCount() == 0) {
      result = method.invoke(service);
    } else if (isPlain(method.getParameterTypes()[0])) {
      // What waits takes the id by itself.
      result = method.invoke(service, MAPPER.convertValue(given.elements().next(), method.getParameterTypes()[0]));
    } else {
      Object argument = method.getParameterTypes()[0].getDeclaredConstructor().newInstance();
      // By setters, because what goes into the path or the query is no JSON to the SDK.
      for (var fields = given.fields(); fields.hasNext(); ) {
        var field = fields.next();
        set(argument, camel(field.getKey()), field.getValue());
      }
      if (contents != null || encoded != null)
        argument.getClass().getMethod("setContents", InputStream.class)
            .invoke(argument, new ByteArrayInputStream(bytes(contents, times, encoded)));
      result = method.invoke(service, argument);
    }
    return shape(result, request.get("list"));
  }

  private static byte[] bytes(JsonNode contents, JsonNode times, JsonNode encoded) {
    if (encoded != null) return Base64.getDecoder().decode(encoded.asText());
    return contents.asText().repeat(times == null ? 1 : times.asInt()).getBytes(StandardCharsets.UTF_8);
  }

  private static WorkspaceClient asPrincipal(JsonNode given) {
    return new WorkspaceClient(new DatabricksConfig()
        .setHost(System.getenv("DATABRICKS_HOST"))
        .setClientId(given.get("client_id").asText())
        .setClientSecret(given.get("client_secret").asText())
        .setAuthType("oauth-m2m"));
  }

  private static boolean isPlain(Class<?> type) {
    return type == Long.class || type == String.class;
  }

  private static void set(Object target, String name, JsonNode value) throws ReflectiveOperationException {
    String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    for (Method method : target.getClass().getMethods()) {
      if (!method.getName().equals(setter)) continue;
      JavaType type = MAPPER.constructType(method.getGenericParameterTypes()[0]);
      method.invoke(target, (Object) MAPPER.convertValue(value, type));
      return;
    }
    throw new NoSuchMethodException(setter);
  }

  /** The form that takes the request as one object. */
  private static Method methodOf(Object service, String name) throws NoSuchMethodException {
    Method none = null;
    for (Method method : service.getClass().getMethods()) {
      if (!method.getName().equals(name)) continue;
      if (method.getParameterCount() == 0) none = method;
      if (name.startsWith("wait") && method.getParameterCount() == 1 && isPlain(method.getParameterTypes()[0])) return method;
      if (method.getParameterCount() == 1 && method.getParameterTypes()[0].getName().startsWith("com.databricks.sdk.service."))
        return method;
    }
    if (none == null) throw new NoSuchMethodException(name);
    return none;
  }

  private static JsonNode shape(Object result, JsonNode list) throws Exception {
    if (result == null) return MAPPER.createObjectNode();
    if (result instanceof Iterable) {
      ObjectNode shaped = MAPPER.createObjectNode();
      ArrayNode all = shaped.putArray(list.asText());
      for (Object one : (Iterable<?>) result) all.add((JsonNode) MAPPER.valueToTree(one));
      return shaped;
    }
    if (result.getClass().getSimpleName().equals("Wait"))
      return shape(result.getClass().getMethod("getResponse").invoke(result), list);
    if (result.getClass().getSimpleName().equals("DownloadResponse")) {
      ObjectNode shaped = MAPPER.createObjectNode();
      InputStream contents = (InputStream) result.getClass().getMethod("getContents").invoke(result);
      return shaped.put("contents", new String(contents.readAllBytes(), StandardCharsets.UTF_8));
    }
    return MAPPER.valueToTree(result);
  }

  private static String camel(String name) {
    StringBuilder result = new StringBuilder();
    for (String word : name.replaceAll("_$", "").split("_"))
      result.append(result.length() == 0 ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    // `import` is a word of the language in both, and so has another name in each.
    return name.equals("import_") ? "importContent" : result.toString();
  }
}
