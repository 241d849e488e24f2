import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

class Main {
    public static void main(String[] folders) throws Exception {
        for (String folder : folders) {
            Map<String, String> headers = new HashMap<>();
            for (String name : new String[] {"id", "timestamp", "signature"}) {
                headers.put("webhook-" + name, Files.readString(Path.of(folder, name)));
            }
            try {
                byte[] body = Files.readAllBytes(Path.of(folder, "body"));
                Webhooks.verify(Files.readString(Path.of(folder, "secret")), headers, body);
                System.out.println("taken");
            } catch (SecurityException refused) {
                System.out.println("refused");
            }
        }
    }
}
