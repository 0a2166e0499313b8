package rivals;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.*;
import java.util.*;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.*;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * Runs one Nexmark query on Flink SQL in this process and prints one line of figures.
 *
 *   pack FILE FOLDER     makes a file of events into Flink's binary rows
 *   digest KEY=VALUE...  the answer's rows and digest
 *   measure KEY=VALUE... the query's speed
 *
 * Keys: sql (a file), data (a folder of packed events), events (how many), tmp (a folder), backend (hashmap or rocksdb),
 * minibatch (on or off), key (of a digest: by how many leading columns its rows are updated), and any option of Flink that has a
 * dot in its name.
 */
public final class Bench {
    private static final OperatingSystemMXBean OS = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final Map<String, String> options = new HashMap<>();
    private final String sql;
    private volatile long peak; // MiB of memory, since it was set to 0

    private record Took(double seconds, double cpu) {}

    private Bench(String[] args) throws IOException {
        for (int i = 1; i < args.length; i++) {
            int p = args[i].indexOf('=');
            options.put(args[i].substring(0, p), args[i].substring(p + 1));
        }
        sql = Files.readString(Path.of(options.get("sql")));
    }

    /** CPU time of the process, all threads, in nanoseconds. */
    static long cpu() { return OS.getProcessCpuTime(); }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("pack")) {
            Events.pack(Path.of(args[1]), Path.of(args[2]));
            return;
        }
        Bench bench = new Bench(args);
        long n = Long.parseLong(bench.options.get("events"));
        Events.load(Path.of(bench.options.get("data")), n);
        if (args[0].equals("digest")) bench.digest(n);
        else bench.measure(n);
        System.exit(0);
    }

    private void digest(long n) throws Exception {
        run(n, "'digest', 'key' = '" + options.getOrDefault("key", "0") + "'");
        System.out.printf("flink version=%s events=%d rows=%d digest=%016x%n",
            EnvironmentInformation.getVersion(), n, DigestFactory.rows, DigestFactory.sum);
    }

    /**
     * After a warm-up of half the events: the time for all of them less the time for the first quarter, so that
     * start, code generation and the end of a job fall out.
     */
    private void measure(long n) throws Exception {
        watchMemory();
        run(n / 2, "'blackhole'");
        Took quarter = run(n / 4, "'blackhole'");
        peak = 0;
        Took all = run(n, "'blackhole'");
        System.out.printf(Locale.ROOT, "flink version=%s events=%d seconds=%.3f cpu_seconds=%.3f rss_mb=%d%n",
            EnvironmentInformation.getVersion(), n - n / 4, all.seconds - quarter.seconds, all.cpu - quarter.cpu, peak);
    }

    /** Runs the query over the first n events: from the first event to the end of the job. */
    private Took run(long n, String connector) throws Exception {
        StreamTableEnvironment t = environment();
        Tables.declare(t, n, sql);
        Tables.sink(t, connector);
        ReplayFactory.firstAt = 0;
        t.executeSql("INSERT INTO sink SELECT * FROM answer").await();
        return new Took((System.nanoTime() - ReplayFactory.firstAt) / 1e9, (cpu() - ReplayFactory.firstCpu) / 1e9);
    }

    private StreamTableEnvironment environment() {
        Configuration c = new Configuration();
        c.setString("execution.runtime-mode", "STREAMING");
        c.setString("parallelism.default", "1");
        c.setString("state.backend.type", options.getOrDefault("backend", "hashmap"));
        c.setString("taskmanager.memory.managed.size", "2g");
        c.setString("taskmanager.numberOfTaskSlots", "1");
        c.setString("pipeline.object-reuse", "true");
        c.setString("rest.address", "localhost");
        c.setString("io.tmp.dirs", Path.of(options.get("tmp")).toAbsolutePath().toString());
        c.setString("execution.checkpointing.checkpoints-after-tasks-finish.enabled", "false");
        if (options.getOrDefault("minibatch", "off").equals("on")) {
            c.setString("table.exec.mini-batch.enabled", "true");
            c.setString("table.exec.mini-batch.allow-latency", "2s");
            c.setString("table.exec.mini-batch.size", "50000");
        }
        options.forEach((name, value) -> { if (name.contains(".")) c.setString(name, value); });
        StreamExecutionEnvironment e = StreamExecutionEnvironment.createLocalEnvironment(1, c);
        StreamTableEnvironment t = StreamTableEnvironment.create(e,
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(c).build());
        t.getConfig().set("table.local-time-zone", "UTC");
        return t;
    }

    /** Follows the memory that is the process's own: the mapped events are not. */
    private void watchMemory() {
        Thread watch = new Thread(() -> {
            try {
                for (;; Thread.sleep(100)) {
                    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                        if (line.startsWith("RssAnon:")) peak = Math.max(peak, Long.parseLong(line.replaceAll("\\D", "")) >> 10);
                    }
                }
            } catch (IOException | InterruptedException e) {
                System.err.println("memory is not watched: " + e);
            }
        });
        watch.setDaemon(true);
        watch.start();
    }
}
