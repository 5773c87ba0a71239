"""The harvest of many accounts on Apache Spark, with its DataFrame API (extra ``spark``, and pyspark 3.5 or later).

`SparkHarvest` needs no more than Spark Connect has, so it also runs on serverless clusters, and on Sail.
"""

from importlib.util import find_spec

if find_spec("pyspark") is None:
    raise ModuleNotFoundError(
        "zoomasync.integrations.spark needs pyspark, which Spark clusters have: pip install pyspark", name="pyspark"
    )

from ._harvest import SparkHarvest

__all__ = ["SparkHarvest"]
