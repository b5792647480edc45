import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Serves MongoDB's wire protocol from one file: {@code java Mongo FILE HOST PORT}.
 *
 * The library's own main() keeps everything in memory on a fixed port; a stack needs data that outlive a restart and a
 * port of its own. SIGTERM closes the file properly; a SIGKILL may lose up to the last second of writes, which is why
 * the aggregator keeps its Kafka position in the same file as the documents: both go back together.
 */
public final class Mongo {
    /** What it says it is: 4.4, the oldest that today's drivers talk to. The library's own versions end before that. */
    private static final class Version implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        H2Backend backend = new H2Backend(arguments[0]);
        backend.version(new Version());
        MongoServer server = new MongoServer(backend);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind(arguments[1], Integer.parseInt(arguments[2]));
        System.out.println("listening on " + arguments[1] + ":" + arguments[2]);
        new CountDownLatch(1).await();
    }
}
