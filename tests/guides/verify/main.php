<?php
require 'sample.php';

foreach (array_slice($argv, 1) as $folder) {
    $headers = [];
    foreach (['id', 'timestamp', 'signature'] as $name) {
        $headers["webhook-$name"] = file_get_contents("$folder/$name");
    }
    try {
        $event = verify(file_get_contents("$folder/secret"), $headers, file_get_contents("$folder/body"));
        echo $event['type'] === 'member.created' ? "taken\n" : "not-the-event\n";
    } catch (UnexpectedValueException) {
        echo "refused\n";
    }
}
