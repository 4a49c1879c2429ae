import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/** DynamoDB Local listens on every interface and has no option against it. */
class LoopbackDynamodb {
  public static void main(String[] options) throws Exception {
    ProcessHandle.current().parent().ifPresent(starter -> starter.onExit().thenRun(() -> System.exit(1)));
    var dynamodb = ServerRunner.createServerFromCommandLineArgs(options);
    var server = DynamoDBProxyServer.class.getDeclaredField("server");
    server.setAccessible(true);
    for (var connector : ((Server) server.get(dynamodb)).getConnectors())
      ((ServerConnector) connector).setHost("127.0.0.1");
    dynamodb.start();
    dynamodb.join();
  }
}
